/** Draws what tables of issuances share: whose number a row is about, and the buttons of a row. */
import { useConsole } from '../context.js';

interface HolderCellsOptions {
  readonly issueNo: number;
  readonly memberId: string;
}

export function HolderCells({ issueNo, memberId }: HolderCellsOptions) {
  const { words, format } = useConsole();
  return (
    <>
      <td class="cell-number">{format.whole(issueNo)}</td>
      <td class="cell-code" data-label={words.detail.member}>
        {memberId}
      </td>
    </>
  );
}

interface RowActionOptions {
  readonly text: string;
  /** For screen readers, to which the row is out of sight. */
  readonly spoken: string;
  /** Left out for a button that takes something away. */
  readonly gives?: boolean;
  readonly onClick: () => void;
}

export function RowAction({ text, spoken, gives, onClick }: RowActionOptions) {
  const kind = gives === true ? '' : ' button-quiet-danger';
  return (
    <button type="button" class={`button button-small${kind}`} aria-label={spoken} onClick={onClick}>
      {text}
    </button>
  );
}
