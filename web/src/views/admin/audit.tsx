/** Shows the audit log to an administrator, the newest entry first. */
import type { AuditItem } from '../../api/admin.js';
import { useConsole } from '../../context.js';
import { useGrowingList } from '../../hooks.js';
import { AdminPage } from '../../parts/admin-page.js';
import { GrowingListEnd } from '../../parts/growing-list-end.js';
import { Empty } from '../../parts/states.js';
import { TableHead } from '../../parts/table-head.js';

const PAGE_ROWS = 50;

export function AuditPage() {
  const { audit } = useConsole().words.admin;
  return (
    <AdminPage title={audit.title} lead={audit.lead}>
      <AuditLog />
    </AdminPage>
  );
}

function AuditLog() {
  const { words, admin } = useConsole();
  const { audit } = words.admin;
  const list = useGrowingList((before) => admin.audit(before, PAGE_ROWS), []);
  return (
    <>
      {list.items.length > 0 && (
        <div class="table-place table-framed">
          <table class="table table-stacked">
            <TableHead names={[audit.at, audit.actor, audit.action, audit.target, audit.detail]} />
            <tbody>
              {list.items.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <GrowingListEnd list={list}>
        <Empty title={audit.none} text={audit.noneText} />
      </GrowingListEnd>
    </>
  );
}

function Row({ entry: { atMs, actor, action, target, detail } }: { readonly entry: AuditItem }) {
  const { words, format } = useConsole();
  const { audit } = words.admin;
  const fields = Object.entries(detail);
  return (
    <tr>
      <td class="quiet cell-time">{format.happened(atMs)}</td>
      <td data-label={audit.actor}>
        {audit.actors[actor.kind] ?? actor.kind} <span class="cell-code">{actor.id}</span>
        <small class="quiet cell-id">{actor.address}</small>
      </td>
      <td class="cell-main">{audit.actions[action] ?? action}</td>
      <td data-label={audit.target}>
        <Target text={target} />
      </td>
      <td class="cell-detail">
        {fields.length > 0 && (
          <details>
            <summary>{audit.fields(format.whole(fields.length))}</summary>
            <dl>
              {fields.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </td>
    </tr>
  );
}

/** What was acted on: `coupon 42` in the reader's language. */
function Target({ text }: { readonly text: string }) {
  const { audit } = useConsole().words.admin;
  const [kind = '', ...id] = text.split(' ');
  const name = audit.targets[kind];
  if (name === undefined) return <span class="cell-code">{text}</span>;
  return (
    <>
      {name} <span class="cell-code">{id.join(' ')}</span>
    </>
  );
}
