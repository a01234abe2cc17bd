import type { components, paths } from "./api-types.ts";

/** What the API's description gives a name. */
export type Schemas = components["schemas"];

/** A path of the description as it is asked for, with anything for its parameters. */
type Filled<P extends string> = P extends `${infer Head}{${string}}${infer Tail}` ? `${Head}${string}${Filled<Tail>}` : P;
type WithoutQuery<P extends string> = P extends `${infer Path}?${string}` ? Path : P;
type Fitting<P extends string> = { [K in keyof paths]: P extends Filled<K> ? K : never }[keyof paths];
/** Which path of the description an address means; one that is written out comes before one with parameters. */
type Meant<P extends string> = P extends keyof paths ? P : Fitting<P>;

type Operation<M extends string, P extends string> = Lowercase<M> extends keyof paths[Meant<WithoutQuery<P>>] ? paths[Meant<WithoutQuery<P>>][Lowercase<M>] : never;
type Document<A> = A extends { content: { readonly "application/json": infer D } } ? D : undefined;
/** Undefined where an answer has none. */
type Answers<O> = O extends { readonly responses: infer A } ? { [S in keyof A & (200 | 201 | 202 | 204)]: Document<A[S]> }[keyof A & (200 | 201 | 202 | 204)] : never;

/** The document that a method of an address answers with. */
export type Done<M extends string, P extends string> = Answers<Operation<M, P>>;
/** The document that GET of an address answers with. */
export type Got<P extends string> = Done<"GET", P>;
