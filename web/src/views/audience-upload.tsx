/** Uploads a CSV file of members to the list of a coupon, with its progress and the lines that were refused. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { memberLines, utf8Text } from '../../../src/cli/member-lines.js';
import { useConsole } from '../context.js';
import { problemText } from '../problem-text.js';
import { LIST_MEMBERS_MAX, sendMembers } from './send-members.js';
import type { Ending, Progress } from './send-members.js';

const TEXT_SHOWN_MAX = 40;
const LINES_SHOWN_MAX = 10;

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
    stopped.current = false;
    setEnding(undefined);
    setProgress(undefined);
    setRunning(true);
    const ended = await send(file);
    setEnding(ended);
    setRunning(false);
    await onChanged();
  }

  async function send(file: File): Promise<Ending | undefined> {
    const bytes = await file.arrayBuffer().catch(() => undefined);
    if (bytes === undefined) return { kind: 'unreadable' };
    const text = utf8Text(bytes);
    if (text === undefined) return { kind: 'not_utf8' };
    const calls = {
      read: (after: string, limit: number) => api.audienceMembers(couponId, after, limit),
      add: (members: readonly string[]) => api.addToAudience(couponId, members),
      remove: (members: readonly string[]) => api.removeFromAudience(couponId, members),
    };
    return sendMembers({
      ...{ calls, lines: memberLines(text), replaces, membersMax: LIST_MEMBERS_MAX },
      ...{ onProgress: setProgress, isStopped: () => stopped.current },
    });
  }

  function progressText({ read, removed, sent, lines }: Progress): string {
    if (read !== undefined) return rules.reading(format.whole(read));
    if (sent === lines && removed !== undefined) return rules.removing(format.whole(removed));
    return rules.uploading(format.whole(sent), format.whole(lines));
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
          <p class="quiet">{progressText(progress)}</p>
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
    case 'not_utf8':
      return <p class="hint-box hint-bad">{rules.fileNotUtf8}</p>;
    case 'unreadable':
      return <p class="hint-box hint-bad">{rules.fileUnreadable}</p>;
    case 'too_many':
      return (
        <p class="hint-box hint-bad">
          {rules.tooMany(format.whole(ending.members), format.whole(ending.membersMax))}
        </p>
      );
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
            {ending.lines.slice(0, LINES_SHOWN_MAX).map(({ line, member }) => (
              <li key={line}>{rules.refusedLine(format.whole(line), shortened(member))}</li>
            ))}
          </ul>
          {ending.lines.length > LINES_SHOWN_MAX && (
            <p>{rules.refusedMore(format.whole(ending.lines.length - LINES_SHOWN_MAX))}</p>
          )}
          <p>{rules.refusedNote(format.whole(ending.sent))}</p>
        </div>
      );
  }
}

function shortened(text: string): string {
  const characters = Array.from(text.replace(/\p{Cc}/gu, '�'));
  return characters.length <= TEXT_SHOWN_MAX
    ? characters.join('')
    : `${characters.slice(0, TEXT_SHOWN_MAX).join('')}…`;
}
