import { CodedError, UsageError } from '../../base/errors.js'
import { parseLabelSelector } from '../../kube/object/selector.js'

/** A label selector of the command line, as it was given; throws UsageError for one that cannot be read. */
export function checkSelector(text: string | undefined): string | undefined {
  if (!text) return undefined
  try {
    parseLabelSelector(text)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const { code, message, fix } = error
    throw new UsageError({ code, message: `--selector ${text}: ${message}`, ...(fix === undefined ? {} : { fix }), cause: error })
  }
  return text
}
