/** What agents tell hubs of themselves, for people to look at; nothing is decided by it. The product's version. */
export const version = '0.1.0'
