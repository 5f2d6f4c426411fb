/** Looking things up, over any engine: which rows are read, for each thing that a search can go by. */
import { UnreadableRow } from "../model/errors.ts";
import { bucketOfId, uuidTime } from "../model/ids.ts";
import type { PolicyDecision } from "../model/policy-decision.ts";
import { bucketOf } from "../model/recipient.ts";
import type { Found, SearchedNumber, SearchPage, SearchQuery } from "../model/search.ts";
import type { Engine, MetRow, RowKind, SoughtHistory } from "./engine.ts";
import type { SearchStore } from "./ports/search.ts";
import { decodeEnded } from "./rules/codec.ts";
import { afterFailover } from "./rules/failover.ts";
import {
  decisionKind,
  decisionPlaceInTime,
  decisionRef,
  recipientKind,
  recipientOf,
  recipientRef,
} from "./rules/kinds.ts";
import { toRecord } from "./rules/record.ts";
import type { RecipientRow } from "./rules/row.ts";
import { firstIdOf, type IdRange, idsOf, pageOf, type Stream, streamOf } from "./rules/search.ts";
import { findRecord } from "./verifications.ts";

/** Rows of one kind that a page looks at. */
const rowsPerPage = 1_000;

export function searchOver(engine: Engine): SearchStore {
  return {
    async search(query): Promise<SearchPage> {
      const { id, messages, number } = query;
      if (id !== undefined) return pageOf([complete(await byId(engine, id.toLowerCase()))], query);
      if (messages) {
        const named = await engine.findMessages(messages);
        const ids = [...new Set(named.map(({ verificationId }) => verificationId))];
        return pageOf([complete((await Promise.all(ids.map((each) => byId(engine, each)))).flat())], query);
      }
      return pageOf(await (number ? byNumber(engine, number, query) : byTime(engine, idsOf(query))), query);
    },
  };
}

function complete(found: readonly Found[]): Stream {
  return { found, completeFrom: "" };
}

const idShape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

async function byId(engine: Engine, id: string): Promise<Found[]> {
  if (!idShape.test(id)) return [];
  const record = await findRecord(engine, id);
  if (record) return [{ kind: "verification", id, record }];
  const met = await engine.rowsAt(bucketOfId(id), decisionPlaceInTime(uuidTime(id)));
  return met.flatMap((each) => foundDecision(each) ?? []).filter((each) => each.id === id);
}

async function byNumber(engine: Engine, number: SearchedNumber, { accountId, limit, ...query }: SearchQuery) {
  const { recipient, reducedHash } = number;
  const keys = number.keys.filter((key) => accountId === undefined || key.accountId === accountId);
  const range = idsOf({ ...query, limit });
  const current = engine.run({
    rows: keys.map((key) => recipientRef(key)),
    decide: (view) => ({
      outcome: keys.map((key) => {
        const ref = recipientRef(key);
        return foundVerification(engine, { ref, row: view.row(ref) });
      }),
    }),
  });
  const asked = limit + 1;
  const decisions = keys.map(async (key): Promise<Stream> => {
    const ref = (decisionId: string) =>
      decisionRef({ accountId: key.accountId, serviceId: key.serviceId, to: recipient, decisionId }, key.hash);
    const met = await engine.rowsInRange(ref(range.from), ref(range.before), asked);
    const found = met.map(foundDecision);
    return streamOf(
      found,
      met.map((each) => (each.row as PolicyDecision | undefined)?.decisionId ?? ""),
      asked,
    );
  });
  const buckets = [...new Set(keys.map(({ hash }) => bucketOf(hash)))];
  const sought = { ...range, limit: asked, number: { buckets, recipient, reducedHash, accountId } };
  return Promise.all([current.then((found) => streamOf(found, [], 1)), history(engine, sought), ...decisions]);
}

async function byTime(engine: Engine, range: IdRange): Promise<Stream[]> {
  return Promise.all([
    history(engine, { ...range, limit: rowsPerPage, number: undefined }),
    rowsByTime(engine, recipientKind, range, 0, (met) => foundVerification(engine, met)),
    rowsByTime(engine, decisionKind, range, decisionPlaceInTime(0), foundDecision),
  ]);
}

async function history(engine: Engine, sought: SoughtHistory): Promise<Stream> {
  const rows = await engine.searchHistory(sought);
  const found = rows.map((row): Found | undefined => {
    const { verificationId: id, state } = row;
    try {
      return { kind: "verification", id, record: toRecord(row, decodeEnded(id, state), engine.now()) };
    } catch (fault) {
      if (fault instanceof UnreadableRow) return undefined;
      throw fault;
    }
  });
  return streamOf(
    found,
    rows.map(({ verificationId }) => verificationId),
    sought.limit,
  );
}

/** `offset`: how far behind its time a row of this kind stands, ms. */
async function rowsByTime<Row>(
  engine: Engine,
  kind: RowKind<Row>,
  { from, before }: IdRange,
  offset: number,
  toFound: (met: MetRow) => Found | undefined,
): Promise<Stream> {
  const last = uuidTime(before);
  const places = { from: uuidTime(from) + offset, before: last + offset + 1, limit: rowsPerPage };
  const rows = await engine.rowsBefore(kind, places);
  const found = rows.flatMap(({ met }) => toFound(met) ?? []);
  if (rows.length < rowsPerPage) return { found, completeFrom: "" };
  // Of the last moment there may be more, unless it alone fills the page.
  const moment = (rows.at(-1)?.place ?? 0) - offset;
  return { found, completeFrom: firstIdOf(moment < last ? moment + 1 : moment) };
}

function foundVerification(engine: Engine, { ref, row }: Pick<MetRow, "ref" | "row">): Found | undefined {
  if (!row) return undefined;
  const { verification } = afterFailover(row as RecipientRow, engine.codesFrom);
  if (!verification) return undefined;
  const now = Math.max(engine.now(), engine.codesFrom);
  const id = verification.verificationId;
  return { kind: "verification", id, record: toRecord(recipientOf(ref), verification, now) };
}

function foundDecision({ ref, row }: MetRow): Found | undefined {
  if (ref.kind !== decisionKind || !row) return undefined;
  const decision = row as PolicyDecision;
  return { kind: "decision", id: decision.decisionId, decision };
}
