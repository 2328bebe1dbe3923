/**
 * A dimension: a number, or a symbol for one that is known only when the program runs (`'B'`), or a product of both in
 * canonical form (`'64*B*T'`: factor first when not 1, symbols sorted). Training graphs are fully static; only
 * inference graphs use symbols, and gradients are not taken of those.
 */
export type Dim = number | string;

export type Shape = readonly Dim[];
