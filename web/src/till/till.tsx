/** Starts the page for tills. */
import { render } from 'preact';
import { Session } from '../session.js';
import { applyTheme, chosenTheme, followDevice } from '../theme.js';
import { TillPage } from './till-page.js';

applyTheme(chosenTheme());
followDevice();
render(<TillPage session={new Session()} />, document.body);
