import type { ServerResponse } from 'node:http'
import type { RequestFairness } from '../../apiserver/fairness/request-fairness.js'

export interface RequestLimits {
  /** Requests under way at a time. */
  readonly requests: number
  readonly requestsOfUser: number
  /** Watches, each of which is one on every member. */
  readonly watches: number
  readonly watchesOfUser: number
}

const usualLimits: RequestLimits = { requests: 200, requestsOfUser: 50, watches: 2_000, watchesOfUser: 500 }

/**
 * Refuses what is too much (429, to be tried again), so that one user leaves room for the others. For a hub whose flow schemas are
 * in another process.
 */
export function createRequestLimits(limits: RequestLimits = usualLimits): RequestFairness {
  const requests = new Seats(limits.requests, limits.requestsOfUser)
  const watches = new Seats(limits.watches, limits.watchesOfUser)
  return {
    begin(_cluster, { verb }, { name }, response) {
      return (verb === 'watch' ? watches : requests).take(name, response) ? undefined : Promise.resolve(false)
    },
  }
}

class Seats {
  readonly #most: number
  readonly #mostOfUser: number
  readonly #ofUser = new Map<string, number>()
  #taken = 0

  constructor(most: number, mostOfUser: number) {
    this.#most = most
    this.#mostOfUser = mostOfUser
  }

  /** True when there was one; it is free again when the response closes. */
  take(user: string, response: Pick<ServerResponse, 'once'>): boolean {
    const theirs = this.#ofUser.get(user) ?? 0
    if (this.#taken >= this.#most || theirs >= this.#mostOfUser) return false
    this.#taken++
    this.#ofUser.set(user, theirs + 1)
    response.once('close', () => {
      this.#taken--
      const left = (this.#ofUser.get(user) ?? 1) - 1
      if (left > 0) this.#ofUser.set(user, left)
      else this.#ofUser.delete(user)
    })
    return true
  }
}
