/** Starts the console. */
import { Console } from './console.js';
import { applyTheme, chosenTheme, followDevice } from './theme.js';

applyTheme(chosenTheme());
followDevice();
new Console(document.body).start();
