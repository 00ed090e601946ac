/** Formats rows as aligned columns for a terminal. */

/** Control characters of a stored name must not control the terminal of its reader. */
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/g;

/** Lines of equal columns: numbers to the right with their thousands marked, text to the left. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  const cells = rows.map((row) => row.map(cellText));
  const widths = headings.map((heading, column) =>
    cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), heading.length),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return typeof rows[0]?.[column] === 'number' ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(headings), ...cells.map(line)];
}

function cellText(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en') : value.replace(controlCharacters, '?');
}
