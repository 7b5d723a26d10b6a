import { CodedError, messageOf, Stalled, Waiting } from '../../../base/errors.js'
import { type HttpReply, TooLarge } from './contract.js'

/** What people are told to do, in the words of where credentials come from. `url` has no secrets in it. */
export interface ChartAdvice {
  authentication(url: string): string
  readonly certificate: string
}

/** An address for logs and messages: without user, password, query and fragment (signed addresses carry secrets there). */
export function shownUrl(url: URL | string): string {
  if (typeof url !== 'string') return `${url.protocol}//${url.host}${url.pathname}`.slice(0, 300)
  const beforeAt = URL.canParse(url) ? /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/)?.*@/is
  return url
    .replace(beforeAt, '$1')
    .replace(/[?#].*$/s, '')
    .slice(0, 300)
}

/** What an answer other than 200 means and who must act. */
export function explainStatus(what: string, url: URL, reply: HttpReply, advice: ChartAdvice): CodedError {
  const where = shownUrl(url)
  if (reply.status === 401 || reply.status === 403)
    return new Stalled({
      code: 'chart-repository-authentication',
      message: `${what}: authentication required for ${where}: ${reply.status}`,
      fix: advice.authentication(where),
    })
  if (reply.status === 404 || reply.status === 410)
    return new Stalled({
      code: 'chart-not-found',
      message: `${what}: ${where} is not there: ${reply.status}`,
      fix: 'Correct the repository, the chart or its version',
    })
  if (reply.status >= 500 || reply.status === 408 || reply.status === 429) {
    const seconds = Number(reply.headers['retry-after'])
    return new Waiting({
      code: 'chart-repository-unavailable',
      message: `${what}: ${where} answers ${reply.status}`,
      ...(seconds > 0 && seconds <= 3600 ? { retryAfterMs: seconds * 1000 } : {}),
    })
  }
  return new Stalled({ code: 'chart-repository-answer', message: `${what}: ${where} answers ${reply.status}` })
}

/** What a request without an answer means. */
export function explainNoAnswer(what: string, url: URL, error: unknown, advice: ChartAdvice): CodedError {
  if (error instanceof CodedError) return error
  const where = shownUrl(url)
  if (error instanceof TooLarge)
    return new Stalled({ code: 'chart-too-large', message: `${what}: ${where}: ${error.message}`, cause: error })
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code))
    return new Stalled({
      code: 'chart-repository-certificate',
      message: `${what}: the certificate of ${url.host} is not trusted: ${code}`,
      fix: advice.certificate,
      cause: error,
    })
  return new Waiting({
    code: 'chart-repository-unreachable',
    message: `${what}: ${where} does not answer: ${typeof code === 'string' ? code : messageOf(error)}`,
    cause: error,
  })
}
