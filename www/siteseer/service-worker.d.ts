// The few types of a service worker that the code of offline use needs: TypeScript has them in a library that cannot
// stand beside the DOM's.

export interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  /** Who asks: a page or a worker. */
  readonly clientId: string;
  /** Who is being made by this request: a page by a navigation, a worker by its script. */
  readonly resultingClientId: string;
  respondWith(answer: Promise<Response>): void;
}

export interface ExtendableMessageEvent extends ExtendableEvent {
  readonly data: unknown;
}

export interface Client {
  readonly id: string;
  postMessage(message: unknown): void;
}

export interface Clients {
  claim(): Promise<void>;
  matchAll(options: { includeUncontrolled: boolean; type: 'all' | 'window' }): Promise<Client[]>;
}

export interface ServiceWorkerScope extends EventTarget {
  readonly location: Location;
  readonly clients: Clients;
}

/** A file of the client, as `client.json` names it. Of a packed one `sha256` and `rawBytes` are of what is in it. */
export interface ClientFile {
  name: string;
  bytes: number;
  rawBytes?: number;
  sha256: string;
}
