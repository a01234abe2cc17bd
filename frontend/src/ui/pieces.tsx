import type { JSX } from "preact";
import type { Piece } from "../data/alerts.ts";
import { PageLink } from "./link.tsx";

/** A sentence in which alerts are links. */
export function Pieces({ pieces }: { pieces: readonly Piece[] }): JSX.Element {
  return (
    <>
      {pieces.map((piece) =>
        typeof piece === "string" ? (
          piece
        ) : (
          <PageLink key={piece.alert} to="/alerts" item={piece.alert}>
            {piece.text}
          </PageLink>
        ),
      )}
    </>
  );
}
