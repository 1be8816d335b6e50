/** The requests that the page makes. */

import type { Confirmation, Detail, Label, Page, Stats, Verdict } from "./wire.js";

/** The appliance answered, but not with what was asked. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    url: string,
  ) {
    super(`${url}: ${status}`);
  }
}

export interface Query {
  limit: number;
  before?: number | null;
  verdicts?: readonly Verdict[];
}

export function inspectionsUrl(query: Query): string {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  if (query.before !== undefined && query.before !== null) parameters.set("before", String(query.before));
  for (const verdict of query.verdicts ?? []) parameters.append("verdict", verdict);
  return `/api/inspections?${parameters}`;
}

export function inspections(query: Query): Promise<Page> {
  return json(inspectionsUrl(query));
}

export function detail(id: number): Promise<Detail> {
  return json(`/api/inspections/${id}`);
}

/** Says what is true of a part; a rejected one has the defects that the model found. */
export function confirm(id: number, label: Label): Promise<Confirmation> {
  return json(`/api/inspections/${id}/confirmation`, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ label }),
  });
}

export function stats(hours: number): Promise<Stats> {
  return json(`/api/stats?hours=${hours}`);
}

async function json<T>(url: string, request: RequestInit = { headers: { Accept: "application/json" } }): Promise<T> {
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new ApiError(answer.status, url);
  return (await answer.json()) as T;
}
