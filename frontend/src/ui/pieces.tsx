import type { JSX } from "preact";
import type { Piece } from "../data/alerts.ts";
import { PageLink } from "./link.tsx";
import { Unbroken } from "./unbroken.tsx";

/** A sentence in which alerts are links. */
export function Pieces({ pieces }: { pieces: readonly Piece[] }): JSX.Element {
  return (
    <>
      {pieces.map((piece) =>
        typeof piece === "string" ? (
          <Unbroken text={piece} />
        ) : "page" in piece ? (
          <PageLink key={piece.text} to={piece.page}>
            <Unbroken text={piece.text} />
          </PageLink>
        ) : (
          <PageLink key={piece.alert} to="/alerts" item={piece.alert}>
            <Unbroken text={piece.text} />
          </PageLink>
        ),
      )}
    </>
  );
}
