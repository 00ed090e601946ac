/**
 * Redraws a screen in place on the terminal's alternate screen, and restores the previous content afterwards.
 *
 * Each picture is one write that overwrites the previous picture line by line. Rejected: clearing first, which shows an
 * empty screen for a moment.
 */
import type { Writable } from 'node:stream';

export interface Terminal extends Writable {
  readonly rows?: number;
}

/** No cursor, and no wrapping: only the terminal knows how wide the letters of a name are, so it cuts the line. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Where the height of the terminal is unknown. */
const ROWS = 24;

export class LiveScreen {
  readonly #terminal: Terminal;

  /** Takes the screen; {@link close} gives it back. */
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(ENTER);
  }

  /** Lines beyond the height are counted in the last one. */
  draw(lines: readonly string[]): void {
    const reported = this.#terminal.rows ?? 0;
    // Some terminals report 0, which means that the size is unknown.
    const rows = reported > 0 ? reported : ROWS;
    const hidden = lines.length - rows;
    const shown = hidden > 0 ? [...lines.slice(0, rows - 1), `… ${hidden + 1} more`] : lines;
    const picture = shown.map((line) => line + CLEAR_LINE_END).join('\r\n');
    this.#terminal.write(HOME + picture + CLEAR_BELOW);
  }

  close(): void {
    this.#terminal.write(LEAVE);
  }
}
