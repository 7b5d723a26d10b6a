/** Karmada's words for the engine's reasons. */
export const evictionReasons: Readonly<Record<string, string | undefined>> = {
  __proto__: null as never,
  ApplicationUnhealthy: 'ApplicationFailure',
}
