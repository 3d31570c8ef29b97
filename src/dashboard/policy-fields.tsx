/** The fields of a policy's form. Each says what is wrong with it by the path that the API names. */
import { Field } from './parts.tsx';
import type { Draft, LimitDraft } from './policy-draft.ts';

export interface FieldsProps {
  readonly draft: Draft;
  set(changed: Partial<Draft>): void;
  errorAt(path: string): string | undefined;
}

const WINDOWS = ['hourly', 'daily', 'weekly', 'monthly', 'lifetime'];
const DIMENSIONS = ['organization_id', 'workspace_id', 'user_id', 'api_key_id'];
const MAX_MATCHERS = 10;
const MAX_LIMITS = 20;

type TextName =
  | 'name'
  | 'description'
  | 'limitUsd'
  | 'rolling'
  | 'timeZone'
  | 'thresholds'
  | 'entities'
  | 'timeoutSeconds';

interface TextProps {
  readonly name: TextName;
  /** As the API names the field. */
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly inputmode?: 'decimal';
}

export function Text({ draft, set, errorAt, name, path, label, hint, ...rest }: FieldsProps & TextProps) {
  return (
    <Field label={label} hint={hint} error={errorAt(path)}>
      {(control) => (
        <input
          {...control}
          type="text"
          autocomplete="off"
          {...rest}
          value={draft[name]}
          onInput={(event) => set({ [name]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

export function Check({
  draft,
  set,
  name,
  label,
}: FieldsProps & { name: 'clamp' | 'pii' | 'secrets' | 'restore' | 'enabled'; label: string }) {
  return (
    <label class="check">
      <input type="checkbox" checked={draft[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} />
      <span>{label}</span>
    </label>
  );
}

export function SpendFields(props: FieldsProps) {
  const { draft, set, errorAt } = props;
  return (
    <div class="fields">
      <Text
        {...props}
        name="limitUsd"
        path="config.limit_usd"
        label="Limit in USD"
        required
        inputmode="decimal"
        placeholder="5.00"
      />
      <Field label="Window" error={errorAt('config.window')}>
        {(control) => (
          <select {...control} value={draft.window} onChange={(event) => set({ window: event.currentTarget.value })}>
            {WINDOWS.map((window) => (
              <option key={window} value={window}>
                {window}
              </option>
            ))}
            <option value="rolling">rolling</option>
          </select>
        )}
      </Field>
      {draft.window === 'rolling' ? (
        <Text
          {...props}
          name="rolling"
          path="config.window.rolling"
          label="Length"
          hint="Minutes, hours or days: 90m, 24h, 30d."
          required
        />
      ) : (
        <Text
          {...props}
          name="timeZone"
          path="config.time_zone"
          label="Time zone"
          hint="None: UTC."
          placeholder="Europe/Berlin"
        />
      )}
      <Text
        {...props}
        name="thresholds"
        path="config.thresholds"
        label="Warn at, in percent"
        hint="With commas."
        placeholder="50, 80, 95"
      />
      <Field label="Hold for each call" hint="Strict never passes the limit; estimate lets more calls run at once.">
        {(control) => (
          <select
            {...control}
            value={draft.reserve}
            onChange={(event) => set({ reserve: event.currentTarget.value as Draft['reserve'] })}
          >
            <option value="estimate">what it will likely cost</option>
            <option value="strict">the most it can cost</option>
          </select>
        )}
      </Field>
      <Check {...props} name="clamp" label="Shorten answers to what is left" />
    </div>
  );
}

export function RateFields({ draft: { limits }, set, errorAt }: FieldsProps) {
  const change = (index: number, changed: Partial<LimitDraft>): void =>
    set({ limits: limits.map((limit, place) => (place === index ? { ...limit, ...changed } : limit)) });
  return (
    <fieldset>
      <legend>Limits</legend>
      <div class="rows">
        {limits.map(({ metric, window, value }, index) => (
          <div class="row" key={index}>
            <input
              aria-label={`Amount of limit ${index + 1}`}
              type="number"
              min="1"
              step="1"
              required
              aria-invalid={errorAt(`config.limits[${index}]`) !== undefined}
              value={value}
              onInput={(event) => change(index, { value: event.currentTarget.value })}
            />
            <select
              aria-label={`What limit ${index + 1} counts`}
              value={metric}
              onChange={(event) => change(index, { metric: event.currentTarget.value as LimitDraft['metric'] })}
            >
              <option value="requests">requests</option>
              <option value="tokens">tokens</option>
            </select>
            <select
              aria-label={`Window of limit ${index + 1}`}
              value={window}
              onChange={(event) => change(index, { window: event.currentTarget.value as LimitDraft['window'] })}
            >
              <option value="minute">a minute</option>
              <option value="hour">an hour</option>
              <option value="day">a day</option>
            </select>
            {limits.length > 1 && (
              <button
                type="button"
                aria-label={`Take out limit ${index + 1}`}
                onClick={() => set({ limits: limits.filter((_, place) => place !== index) })}
              >
                Take out
              </button>
            )}
          </div>
        ))}
      </div>
      {limits.length < MAX_LIMITS && (
        <button
          type="button"
          onClick={() => set({ limits: [...limits, { metric: 'tokens', window: 'hour', value: '' }] })}
        >
          Add a limit
        </button>
      )}
      {errorAt('config.limits') !== undefined && <p class="hint wrong">{errorAt('config.limits')}</p>}
    </fieldset>
  );
}

export function GuardFields(props: FieldsProps) {
  const { draft, set, errorAt } = props;
  return (
    <>
      <fieldset>
        <legend>Looks for</legend>
        <Check {...props} name="pii" label="Personal data" />
        <Check {...props} name="secrets" label="Keys, passwords and other secrets" />
      </fieldset>
      <div class="fields">
        <Text
          {...props}
          name="entities"
          path="config.entities"
          label="Entities as well"
          hint="With commas: EMAIL_ADDRESS, IBAN."
        />
        <Text
          {...props}
          name="timeoutSeconds"
          path="config.timeout_seconds"
          label="Time-out in seconds"
          hint="0.1 to 30."
          inputmode="decimal"
          placeholder="2"
        />
        <Field class="wide" label="Never touches" hint="One value a line." error={errorAt('config.allow')}>
          {(control) => (
            <textarea
              {...control}
              rows={3}
              value={draft.allow}
              onInput={(event) => set({ allow: event.currentTarget.value })}
            />
          )}
        </Field>
        <Check {...props} name="restore" label="Put the values back into answers" />
      </div>
    </>
  );
}

/** Whom it is meant for. */
export function SubjectFields({ draft, set, errorAt, fixed }: FieldsProps & { fixed: boolean }) {
  const { kind, each, matchers } = draft;
  const change = (index: number, changed: Partial<{ key: string; value: string }>): void =>
    set({ matchers: matchers.map((matcher, place) => (place === index ? { ...matcher, ...changed } : matcher)) });
  return (
    <fieldset>
      <legend>Meant for</legend>
      {kind !== 'guard' && (
        <div class="fields">
          <Field label="Counts" hint={fixed ? 'Cannot be changed once the policy is made.' : undefined}>
            {(control) => (
              <select
                {...control}
                value={each}
                disabled={fixed}
                onChange={(event) => set({ each: event.currentTarget.value })}
              >
                <option value="">all these calls together</option>
                {[...new Set([...DIMENSIONS, ...(each === '' ? [] : [each])])].map((key) => (
                  <option key={key} value={key}>
                    {`each ${key.replace(/_id$/, '').replace('_', ' ')} on its own`}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
      )}
      <p class="hint">
        {matchers.length === 0
          ? 'All calls. Add a condition to narrow it.'
          : 'All of these names must fit; several values of one name are any of them.'}
      </p>
      <datalist id="subject-keys">
        {DIMENSIONS.map((key) => (
          <option key={key} value={key} />
        ))}
      </datalist>
      <div class="rows">
        {matchers.map(({ key, value }, index) => (
          <div class="row" key={index}>
            <input
              aria-label={`Name of condition ${index + 1}`}
              list="subject-keys"
              placeholder="workspace_id"
              required
              value={key}
              onInput={(event) => change(index, { key: event.currentTarget.value })}
            />
            <span aria-hidden="true">=</span>
            <input
              aria-label={`Value of condition ${index + 1}`}
              placeholder="rd-eu"
              required
              value={value}
              onInput={(event) => change(index, { value: event.currentTarget.value })}
            />
            <button
              type="button"
              aria-label={`Take out condition ${index + 1}`}
              onClick={() => set({ matchers: matchers.filter((_, place) => place !== index) })}
            >
              Take out
            </button>
          </div>
        ))}
      </div>
      {errorAt('subject_matchers') !== undefined && <p class="hint wrong">{errorAt('subject_matchers')}</p>}
      {matchers.length < MAX_MATCHERS && (
        <button type="button" onClick={() => set({ matchers: [...matchers, { key: 'workspace_id', value: '' }] })}>
          Add a condition
        </button>
      )}
    </fieldset>
  );
}
