import type { Lifecycle } from './lifecycle.js'

export const serviceLifecycle: Lifecycle = {}
