/** What a judge makes of a text: evidence per language in nats, up to a constant; higher is likelier. */
export interface Evidence {
  /** Of each of the judge's languages, in its order. */
  readonly scores: Float64Array;
  /** Features that were seen: n-grams, or 0 where it has nothing to say. */
  readonly features: number;
  /** Of each language: features that the judge has seen in it. Only of judges that keep lists. */
  readonly hits?: Uint32Array;
}

/** A source of evidence about the language of a text. */
export interface Judge {
  readonly name: string;
  /** Codes as `languageCode` gives them; a language may stand there twice (two scripts). */
  readonly languages: readonly string[];
  weigh(text: string): Evidence;
}
