/** A daemon that refused, or did not answer, is asked again after this: no event tells that it has changed its mind. */
export const ASK_AGAIN_MS = 200
