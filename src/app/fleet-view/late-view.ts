import { parseRequestInfo } from '../../apiserver/http/request-info.js'
import type { RequestView } from '../../apiserver/http/request-view.js'
import { statusErrors } from '../../kube/object/status-error.js'

export interface LateView extends RequestView {
  /** From now on this one answers. */
  begin(view: RequestView): void
}

/** A view that holds its address before there is anything to answer: until then it says so. */
export function createLateView(name: string): LateView {
  let begun: RequestView | undefined
  return {
    name,
    read: (method, path, query) => (begun ? begun.read(method, path, query) : parseRequestInfo(method, path, query)),
    serve(exchange) {
      if (begun !== undefined) return begun.serve(exchange)
      return Promise.reject(statusErrors.timeout('the fleet is starting', 1))
    },
    begin(view) {
      begun = view
    },
  }
}
