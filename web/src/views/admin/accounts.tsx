/** Lists accounts for an administrator, who disables them, changes their role and makes links for a new password. */
import { useState } from 'preact/hooks';
import { accountRoles } from '../../api/admin.js';
import type { AccountItem, AccountRole } from '../../api/admin.js';
import { useConsole } from '../../context.js';
import { useGrowingList, useDebounced } from '../../hooks.js';
import { AdminPage } from '../../parts/admin-page.js';
import { Dialog } from '../../parts/dialog.js';
import { Choice, Segments } from '../../parts/field.js';
import { GrowingListEnd } from '../../parts/growing-list-end.js';
import { RowAction } from '../../parts/row-cells.js';
import { Search } from '../../parts/search.js';
import { SecretOnce } from '../../parts/secret-once.js';
import { Empty } from '../../parts/states.js';
import { TableHead } from '../../parts/table-head.js';
import { problemText } from '../../problem-text.js';

const PAGE_ROWS = 50;
/** A person who types does not ask for every letter. */
const TYPED_MS = 250;

type Deed = 'disable' | 'role' | 'reset';

interface Asked {
  readonly deed: Deed;
  readonly account: AccountItem;
}

export function AccountsPage() {
  const { accounts } = useConsole().words.admin;
  return (
    <AdminPage title={accounts.title} lead={accounts.lead}>
      <Accounts />
    </AdminPage>
  );
}

function Accounts() {
  const { words, admin } = useConsole();
  const { accounts } = words.admin;
  const [typed, setTyped] = useState('');
  const [role, setRole] = useState<AccountRole | 'all'>('all');
  const [asked, ask] = useState<Asked>();
  const [link, setLink] = useState<{ readonly email: string; readonly url: string }>();
  const email = useDebounced(typed.trim(), TYPED_MS);
  const filter = { ...(email !== '' && { email }), ...(role !== 'all' && { role }) };
  const list = useGrowingList((after) => admin.accounts(filter, after, PAGE_ROWS), [email, role]);
  const take = (changed: AccountItem): void =>
    list.replace(list.items.map((item) => (item.id === changed.id ? changed : item)));
  return (
    <>
      {link !== undefined && (
        <SecretOnce
          title={accounts.linkTitle(link.email)}
          text={accounts.linkText}
          secret={link.url}
          onDone={() => setLink(undefined)}
        />
      )}
      <div class="filters">
        <Search label={accounts.search} value={typed} onInput={setTyped} />
        <Segments
          label={accounts.role}
          value={role}
          choices={[
            ['all', words.coupons.all],
            ...accountRoles.map((value) => [value, words.account[value]] as const),
          ]}
          onChange={setRole}
        />
      </div>
      {list.items.length > 0 && (
        <div class="table-place table-framed">
          <table class="table table-stacked">
            <TableHead names={[accounts.email, accounts.role, accounts.created, accounts.state]} actions />
            <tbody>
              {list.items.map((account) => (
                <Row key={account.id} account={account} onAsk={(deed) => ask({ deed, account })} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <GrowingListEnd list={list}>
        <Empty title={accounts.none} text={accounts.noneText} />
      </GrowingListEnd>
      {asked !== undefined && (
        <DeedDialog
          {...asked}
          onChanged={take}
          onLink={(url) => setLink({ email: asked.account.email, url })}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}

interface RowOptions {
  readonly account: AccountItem;
  readonly onAsk: (deed: Deed) => void;
}

function Row({ account, onAsk }: RowOptions) {
  const { words, format, session } = useConsole();
  const { accounts } = words.admin;
  const { id, email, role, createdAtMs, disabled } = account;
  const isOwn = id === session.current?.id;
  const button = (text: string, deed: Deed, gives = true) => (
    <RowAction text={text} spoken={accounts.forOne(text, email)} gives={gives} onClick={() => onAsk(deed)} />
  );
  return (
    <tr data-over={String(disabled)}>
      <td class="cell-main">
        {email}
        <small class="quiet cell-id">{id}</small>
      </td>
      <td class="cell-word" data-label={accounts.role}>
        {words.account[role]}
      </td>
      <td class="quiet" data-label={accounts.created}>
        {format.happened(createdAtMs)}
      </td>
      <td class="cell-word" data-label={accounts.state}>
        {disabled ? accounts.disabled : accounts.active}
      </td>
      <td class="cell-action">
        {isOwn ? (
          <span class="quiet">{accounts.own}</span>
        ) : (
          <div class="row-actions">
            {button(accounts.changeRole, 'role')}
            {button(accounts.reset, 'reset')}
            {disabled ? button(accounts.enable, 'disable') : button(accounts.disable, 'disable', false)}
          </div>
        )}
      </td>
    </tr>
  );
}

interface DeedDialogOptions extends Asked {
  readonly onChanged: (account: AccountItem) => void;
  readonly onLink: (url: string) => void;
  readonly onClose: () => void;
}

function DeedDialog({ deed, account, onChanged, onLink, onClose }: DeedDialogOptions) {
  const { words, admin, notify } = useConsole();
  const { accounts } = words.admin;
  const { id, email, disabled } = account;
  const [role, setRole] = useState<AccountRole>(account.role);

  async function setDisabled(): Promise<string | undefined> {
    const result = await admin.setDisabled(id, !disabled);
    if (!result.ok) return problemText(words, result.problem);
    onChanged({ ...account, disabled: !disabled });
    notify(disabled ? accounts.enabledNow(email) : accounts.disabledNow(email));
    return undefined;
  }

  async function changeRole(): Promise<string | undefined> {
    const result = await admin.setRole(id, role);
    if (!result.ok) return problemText(words, result.problem);
    onChanged({ ...account, role });
    notify(accounts.roleNow(email, words.account[role]));
    return undefined;
  }

  async function reset(): Promise<string | undefined> {
    const result = await admin.resetLink(id);
    if (!result.ok) return problemText(words, result.problem);
    if (result.value === undefined) notify(accounts.mailed(email));
    else onLink(result.value);
    return undefined;
  }

  if (deed === 'reset') {
    const asking = { title: accounts.resetTitle(email), text: accounts.resetText, submit: accounts.reset };
    return <Dialog {...asking} run={reset} onClose={onClose} />;
  }
  if (deed === 'disable') {
    const asking = disabled
      ? { title: accounts.enableTitle(email), text: accounts.enableText, submit: accounts.enable }
      : { title: accounts.disableTitle(email), text: accounts.disableText, submit: accounts.disable };
    return <Dialog {...asking} danger={!disabled} run={setDisabled} onClose={onClose} />;
  }
  return (
    <Dialog
      title={accounts.roleTitle(email)}
      text={accounts.roleText}
      submit={accounts.changeRole}
      run={changeRole}
      onClose={onClose}
    >
      <Choice
        label={accounts.role}
        value={role}
        style="cards"
        choices={accountRoles.map((value) => ({
          ...{ value, label: words.account[value], hint: accounts.roleHints[value] },
        }))}
        onChange={setRole}
      />
    </Dialog>
  );
}
