/** Serves the console under `/` from memory within one turn of the event loop. */
import { fileURLToPath } from 'node:url';
import type { HttpRequest, HttpResponse, HttpApp } from '../wire/http-app.js';
import { packageFolder } from '../../package-folder.js';
import { readConsoleFiles } from './console-files.js';
import type { ConsoleFile, Encoding } from './console-files.js';

const BUILT_CONSOLE = fileURLToPath(new URL('dist/web/', packageFolder));

/**
 * Registers a route for each file. Without a built console it registers none, and `/` is left to the API.
 *
 * @returns the paths that are served.
 */
export function serveConsole(app: HttpApp, folder = BUILT_CONSOLE): readonly string[] {
  const files = readConsoleFiles(folder);
  for (const file of files) {
    app.get(file.path, (response, request) => answer(response, request, file, false));
    app.head(file.path, (response, request) => answer(response, request, file, true));
  }
  return files.map((file) => file.path);
}

function answer(response: HttpResponse, request: HttpRequest, file: ConsoleFile, headOnly: boolean): void {
  // A conditional request names what it has; a list of several never comes from a browser, and the whole file is right then, too.
  if (request.getHeader('if-none-match').replace(/^W\//, '') === file.etag) {
    response.writeStatus(file.notModifiedHead).endWithoutBody();
    return;
  }
  const { head, body } = file.variants[encodingFor(request.getHeader('accept-encoding'))];
  response.writeStatus(head);
  if (!headOnly) {
    response.end(body);
    return;
  }
  // Given the length as its argument, `endWithoutBody` leaves the answer open: the connection takes no further request, and without
  // an abort handler the library ends the process.
  response.writeHeader('Content-Length', String(body.byteLength)).endWithoutBody();
}

/** The smallest that the browser takes. One that is named with a weight of zero is not taken. */
function encodingFor(accepted: string): Encoding {
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((choice) => !/;\s*q=0(\.0*)?\s*$/.test(choice))
      .map((choice) => choice.split(';')[0]?.trim()),
  );
  return taken.has('br') ? 'br' : taken.has('gzip') ? 'gzip' : 'identity';
}
