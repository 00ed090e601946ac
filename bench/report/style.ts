/** Defines the styles of the HTML report for wide screens, phones and paper, light and dark. */

export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1d21; --soft: #5d6670; --line: #d9dee3; --tint: #f4f6f8;
  --good: #0a7a3d; --bad: #b3261e;
  --c0: #0b6bcb; --c1: #d9730d; --c2: #0f8a6d; --c3: #b8336a; --c4: #7a5af8; --c5: #8a6d00; --c6: #4b5563; --c7: #0e9bbd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e8eaed; --soft: #9aa4ae; --line: #343a41; --tint: #1d2126;
    --good: #4cc38a; --bad: #ff8a80;
    --c0: #5aa9f2; --c1: #f2a154; --c2: #45c9a5; --c3: #ef7aa8; --c4: #a996ff; --c5: #d8b93a; --c6: #9aa4ae; --c7: #5fd0ea;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 36px 0 6px; }
p { margin: 4px 0; max-width: 78ch; }
.soft { color: var(--soft); }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.verdict { font-weight: 600; margin-top: 12px; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.bars { display: grid; grid-template-columns: minmax(120px, 240px) 1fr minmax(70px, auto); gap: 6px 12px; align-items: center; }
.bars .row { display: contents; }
.bars .cut { fill: var(--paper); }
.bars .name { overflow-wrap: anywhere; line-height: 1.25; }
.bars .value { text-align: right; font-variant-numeric: tabular-nums; }
.bars svg { display: block; width: 100%; height: 16px; background: var(--tint); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0 8px; color: var(--soft); font-size: 13px; }
.legend svg { width: 22px; height: 10px; margin-right: 6px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 12px 36px; }
figure { margin: 8px 0; break-inside: avoid; }
figure > svg { width: 100%; height: auto; display: block; }
figcaption { font-weight: 600; margin-bottom: 2px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); stroke-width: 1; }
@media (max-width: 560px) {
  main { padding: 16px 14px 48px; }
  .bars { display: block; }
  .bars .row { display: grid; grid-template-columns: 1fr auto; gap: 2px 10px; margin-bottom: 8px; }
  .bars .bar { grid-column: 1 / -1; grid-row: 2; }
  .stacked th, .stacked td:first-child { white-space: normal; }
  .stacked th, .stacked td { padding: 5px 5px; }
  svg text { font-size: 15px; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --tint: #f4f4f4; --good: #05602f; --bad: #8c1d18;
    --c0: #0b6bcb; --c1: #d9730d; --c2: #0f8a6d; --c3: #b8336a; --c4: #7a5af8; --c5: #8a6d00; --c6: #4b5563; --c7: #0e9bbd; }
  main { max-width: none; padding: 0; }
  body { font-size: 11pt; }
  table { font-size: 8.5pt; }
  th, td { padding: 3px 6px; white-space: normal; }
  h2 { break-after: avoid; }
  .bars, tr { break-inside: avoid; }
}
`;
