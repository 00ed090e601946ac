/** Uploads a CSV file of members to the list of a coupon, with its progress and the lines that were refused. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { memberLines } from '../../../src/cli/member-lines.js';
import type { MemberLine } from '../../../src/cli/member-lines.js';
import type { Problem } from '../api/problem.js';
import { useConsole } from '../context.js';
import { problemText } from '../problem-text.js';
import { chunksOf } from './member-chunks.js';

const TEXT_SHOWN_MAX = 40;
const PAGE_MEMBERS = 1_000;

interface Progress {
  readonly sent: number;
  readonly added: number;
  readonly lines: number;
  /** `undefined` unless members who are not in the file are removed. */
  readonly removed: number | undefined;
}

/** How the upload ended before the end of the file. */
type Ending =
  | { readonly kind: 'refused'; readonly lines: readonly MemberLine[]; readonly sent: number }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly sent: number }
  | { readonly kind: 'stopped'; readonly sent: number }
  | { readonly kind: 'empty' };

interface AudienceUploadOptions {
  readonly couponId: number;
  readonly onChanged: () => Promise<void>;
}

export function AudienceUpload({ couponId, onChanged }: AudienceUploadOptions) {
  const { words, api, format } = useConsole();
  const { rules } = words;
  const id = useId();
  const [progress, setProgress] = useState<Progress>();
  const [running, setRunning] = useState(false);
  const [replaces, setReplaces] = useState(false);
  const [ending, setEnding] = useState<Ending>();
  const stopped = useRef(false);
  // An upload does not continue on another page.
  useEffect(
    () => () => {
      stopped.current = true;
    },
    [],
  );

  async function upload(file: File): Promise<void> {
    const lines = memberLines(await file.text());
    setEnding(lines.length === 0 ? { kind: 'empty' } : undefined);
    setProgress(undefined);
    if (lines.length === 0) return;
    stopped.current = false;
    setRunning(true);
    setEnding((await send(lines)) ?? (replaces ? await removeOthers(lines) : undefined));
    setRunning(false);
    await onChanged();
  }

  /** Each request is carried out as a whole or not at all, and what was added may be added again. */
  async function send(lines: readonly MemberLine[]): Promise<Ending | undefined> {
    let sent = 0;
    let added = 0;
    const removed = replaces ? 0 : undefined;
    setProgress({ sent, added, lines: lines.length, removed });
    for (const chunk of chunksOf(lines)) {
      if (stopped.current) return { kind: 'stopped', sent };
      const result = await api.addToAudience(
        couponId,
        chunk.map(({ member }) => member),
      );
      if (!result.ok) {
        const refused = refusedLines(chunk, result.problem);
        return refused.length > 0
          ? { kind: 'refused', lines: refused, sent }
          : { kind: 'failed', problem: result.problem, sent };
      }
      sent += chunk.length;
      added += result.value;
      setProgress({ sent, added, lines: lines.length, removed });
    }
    return undefined;
  }

  /** Reads the list page by page after the members of the file, which are all on it. */
  async function removeOthers(lines: readonly MemberLine[]): Promise<Ending | undefined> {
    const sent = lines.length;
    const kept = new Set(lines.map(({ member }) => member));
    let removed = 0;
    for (let after: string | undefined = ''; after !== undefined;) {
      if (stopped.current) return { kind: 'stopped', sent };
      const page = await api.audienceMembers(couponId, after, PAGE_MEMBERS);
      if (!page.ok) return { kind: 'failed', problem: page.problem, sent };
      const others = page.value.items.filter((member) => !kept.has(member));
      for (const chunk of chunksOf(others.map((member, line) => ({ line, member })))) {
        const result = await api.removeFromAudience(
          couponId,
          chunk.map(({ member }) => member),
        );
        if (!result.ok) return { kind: 'failed', problem: result.problem, sent };
        removed += result.value;
      }
      setProgress((before) => before && { ...before, removed });
      const { next } = page.value;
      after = next === undefined ? undefined : String(next);
    }
    return undefined;
  }

  return (
    <div class="upload">
      <div class="field">
        <label for={id}>{rules.upload}</label>
        <input
          id={id}
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          aria-describedby={`${id}-hint`}
          disabled={running}
          onChange={(event) => {
            const { currentTarget: input } = event;
            const [file] = input.files ?? [];
            // The same file, corrected, is a change again.
            if (file !== undefined) void upload(file).then(() => (input.value = ''));
          }}
        />
        <p class="field-hint" id={`${id}-hint`}>
          {rules.uploadHint}
        </p>
      </div>
      <div class="checks">
        <label>
          <input
            type="checkbox"
            name="replaces"
            checked={replaces}
            disabled={running}
            aria-describedby={`${id}-replaces`}
            onChange={(event) => setReplaces(event.currentTarget.checked)}
          />
          <span>{rules.replaces}</span>
        </label>
        <p class="field-hint" id={`${id}-replaces`}>
          {rules.replacesHint}
        </p>
      </div>
      {progress !== undefined && running && (
        <div class="upload-progress">
          <progress max={progress.lines} value={progress.sent} aria-label={rules.progress} />
          <button
            type="button"
            class="button button-small"
            onClick={() => {
              stopped.current = true;
            }}
          >
            {rules.stop}
          </button>
          <p class="quiet">
            {progress.sent === progress.lines && progress.removed !== undefined
              ? rules.removing(format.whole(progress.removed))
              : rules.uploading(format.whole(progress.sent), format.whole(progress.lines))}
          </p>
        </div>
      )}
      <div role="status">
        {progress !== undefined && !running && ending === undefined && (
          <p class="verdict" data-kind="good">
            {progress.removed === undefined
              ? rules.uploaded(format.whole(progress.added), format.whole(progress.lines))
              : rules.replaced(format.whole(progress.added), format.whole(progress.removed))}
          </p>
        )}
        {ending !== undefined && <EndingNote ending={ending} />}
      </div>
    </div>
  );
}

function EndingNote({ ending }: { readonly ending: Ending }) {
  const { words, format } = useConsole();
  const { rules } = words;
  switch (ending.kind) {
    case 'empty':
      return <p class="hint-box hint-bad">{rules.fileEmpty}</p>;
    case 'stopped':
      return <p class="hint-box">{rules.stopped(format.whole(ending.sent))}</p>;
    case 'failed':
      return (
        <p class="hint-box hint-bad">
          {problemText(words, ending.problem)} {rules.stopped(format.whole(ending.sent))}
        </p>
      );
    case 'refused':
      return (
        <div class="hint-box hint-bad">
          <p>
            <strong>{rules.refusedTitle}</strong>
          </p>
          <ul>
            {ending.lines.map(({ line, member }) => (
              <li key={line}>{rules.refusedLine(format.whole(line), shortened(member))}</li>
            ))}
          </ul>
          <p>{rules.refusedNote(format.whole(ending.sent))}</p>
        </div>
      );
  }
}

/** The API names the places in its list; there may be more of them than it names. */
function refusedLines(chunk: readonly MemberLine[], { errors }: Problem): readonly MemberLine[] {
  return errors.flatMap(({ field }) => {
    const [, place] = /^add\.(\d+)$/.exec(field) ?? [];
    return place === undefined ? [] : (chunk[Number(place)] ?? []);
  });
}

function shortened(text: string): string {
  const characters = Array.from(text.replace(/\p{Cc}/gu, '�'));
  return characters.length <= TEXT_SHOWN_MAX
    ? characters.join('')
    : `${characters.slice(0, TEXT_SHOWN_MAX).join('')}…`;
}
