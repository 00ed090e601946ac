/** Starts the console. */
import { render } from 'preact';
import { Console } from './console.js';
import { Session } from './session.js';
import { applyTheme, chosenTheme, followDevice } from './theme.js';

applyTheme(chosenTheme());
followDevice();
render(<Console session={new Session()} />, document.body);
