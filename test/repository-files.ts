/** Lists the files of the repository for tests that read its texts: without builds, data and packages. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

const NOT_OURS = /^(?:data|\.[\w-]*)(?:\/|$)|(?:^|\/)(?:node_modules|dist)(?:\/|$)/;

export const repositoryFiles: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !NOT_OURS.test(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(entry.name, name),
        )
      : [entry.name],
  )
  .filter((file) => !NOT_OURS.test(file) && statSync(join(root, file)).isFile());

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
