/** Registers the loader: `node --import ./test/runner/register.js x.ts`; worker threads inherit it. */
import { register } from 'node:module';

register('./hooks.js', import.meta.url);
