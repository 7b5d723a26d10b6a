/** The namespace whose rules count for the whole mesh, where no nearer one says anything. */
export const rootNamespace = 'istio-system'

/** On an object, or on its namespace: take it although Istio refuses it, and apply what no error touches. */
export const acceptAnnotation = 'services.flotilla.dev/accept'
export const acceptUnambiguous = 'unambiguous'
