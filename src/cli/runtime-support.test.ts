import t from 'tap';
import { thisRuntime, whatIsMissing } from './runtime-support.js';

/** As the library puts it, with the cause in the last line. */
const libraryFault = (cause: string): Error =>
  new Error(
    `This version of uWS.js supports only Node.js versions 16, 18, 20, 21, 22, 24 and 25 on (glibc) Linux, macOS and Windows\n\nError: ${cause}`,
  );

t.test('too old a C library is named with the version that is needed', (t) => {
  const fault = libraryFault(
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by uws_linux_x64_137.node)",
  );
  const runtime = { node: '24.21.0', platform: 'linux x64', glibc: '2.36' };
  t.match(
    whatIsMissing(fault, () => runtime),
    /^Node\.js 24\.21\.0 needs glibc 2\.38 or newer .* has 2\.36\. Run /,
  );
  t.end();
});

t.test('a Node.js without a binary is named with those that have one', (t) => {
  const fault = libraryFault("Cannot find module './uws_linux_x64_147.node'\nRequire stack:\n- uws.js");
  const runtime = { node: '26.10.0', platform: 'linux x64', glibc: '2.41' };
  t.equal(
    whatIsMissing(fault, () => runtime),
    'The HTTP library has no binary for Node.js 26.10.0 on linux x64. Run Node.js 24, 22 or 20.',
  );
  t.end();
});

t.test('a system without glibc gets its own message, whatever the loader said', (t) => {
  const fault = libraryFault('Error loading shared library ld-linux-x86-64.so.2: No such file or directory');
  t.match(
    whatIsMissing(fault, () => ({ node: '24.21.0', platform: 'linux x64', glibc: undefined })),
    /needs glibc/,
  );
  t.end();
});

t.test('any other fault is not taken for one of the runtime', (t) => {
  t.equal(whatIsMissing(new Error('Cannot find module ./x.js'), thisRuntime), undefined);
  t.equal(whatIsMissing('text', thisRuntime), undefined);
  t.end();
});

t.test('this runtime is known by its versions', (t) => {
  t.match(thisRuntime(), { node: process.versions.node, platform: /^\w+ \w+$/ });
  t.end();
});
