/** Draws the head of a table; the last column may hold actions, whose name is for screen readers only. */
import { useConsole } from '../context.js';

interface TableHeadOptions {
  readonly names: readonly string[];
  readonly actions?: boolean;
}

export function TableHead({ names, actions }: TableHeadOptions) {
  const { detail } = useConsole().words;
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {actions === true && (
          <th scope="col">
            <span class="visually-hidden">{detail.actions}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
