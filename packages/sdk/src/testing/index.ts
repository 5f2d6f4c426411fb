export { FakeAntryk, type FakeClientOptions } from "./fake.ts";
export type { FailOptions, FakeFailure, FakeLimit, FakeOptions } from "./settings.ts";
export type { FakeMessage } from "./state.ts";
