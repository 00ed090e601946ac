/** Draws a line icon. It adds nothing to the text beside it. */
export function Icon({
  paths,
  class: kind = '',
}: {
  readonly paths: readonly string[];
  readonly class?: string;
}) {
  return (
    <svg class={`icon ${kind}`} viewBox="0 0 24 24" aria-hidden="true">
      {paths.map((d) => (
        <path key={d} d={d} />
      ))}
    </svg>
  );
}
