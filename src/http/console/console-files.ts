/** Reads the files of the console once at start and keeps them in memory. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pageHeaders } from '../wire/page-headers.js';
import { responseHead } from '../wire/status-lines.js';

/** All of it is some 200 KB; a folder with more is not the console. */
const BYTES_MAX = 8 * 1024 * 1024;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** The build puts a hash of the content into the names of these, so what a browser holds under one is right for ever. */
const IMMUTABLE_FOLDER = 'assets/';

/** The console itself shows images of coupons; at a till a camera scans what members show. */
const pageNeeds: Readonly<Record<string, Parameters<typeof pageHeaders>[0]>> = {
  'index.html': { images: true },
  'till.html': { camera: true },
};

export type Encoding = 'identity' | 'gzip' | 'br';

export interface ConsoleFile {
  /** Where it is served, such as `/` or `/assets/index-B3xk.js`. */
  readonly path: string;
  readonly etag: string;
  readonly notModifiedHead: string;
  readonly variants: Readonly<Record<Encoding, { readonly head: string; readonly body: Buffer }>>;
}

/** @returns every file under `folder`; none when the folder is not there, as in a checkout that was not built. */
export function readConsoleFiles(folder: string): ConsoleFile[] {
  const names = filesUnder(folder);
  let bytes = 0;
  return names.map((name) => {
    const body = readFileSync(join(folder, name));
    bytes += body.byteLength;
    if (bytes > BYTES_MAX)
      throw new Error(
        `${folder} has more than ${BYTES_MAX.toLocaleString('en')} bytes, the limit of the console`,
      );
    return consoleFile(name.split(sep).join('/'), {
      identity: body,
      gzip: contentOf(join(folder, `${name}.gz`)) ?? gzipSync(body),
      br: contentOf(join(folder, `${name}.br`)) ?? brotliCompressSync(body),
    });
  });
}

function filesUnder(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => contentTypes[extname(name)] !== undefined);
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return [];
    throw fault;
  }
}

/** The build puts each compressed file beside its original (web/vite.config.js). */
function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'ENOENT') return undefined;
    throw fault;
  }
}

function consoleFile(name: string, bodies: Readonly<Record<Encoding, Buffer>>): ConsoleFile {
  const type = contentTypes[extname(name)] ?? 'application/octet-stream';
  const etag = `"${createHash('sha256').update(bodies.identity).digest('base64url').slice(0, 22)}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': name.startsWith(IMMUTABLE_FOLDER)
      ? 'public, max-age=31536000, immutable'
      : 'public, no-cache',
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
    ...(name.endsWith('.html') ? pageHeaders(pageNeeds[name]) : {}),
  };
  const variant = (encoding: Encoding) => ({
    head: responseHead(
      200,
      type,
      encoding === 'identity' ? headers : { ...headers, 'Content-Encoding': encoding },
    ),
    body: bodies[encoding],
  });
  return {
    // Pages without their ending: `/` and `/reference`.
    path: name === 'index.html' ? '/' : `/${name.replace(/\.html$/, '')}`,
    etag,
    notModifiedHead: responseHead(304, type, headers),
    variants: {
      identity: variant('identity'),
      gzip: variant('gzip'),
      br: variant('br'),
    },
  };
}
