import type { Advice } from "@omg/upstream-http";

/** What failures tell people to do, in terms of the keys of an entry. */
export const advice: Advice = {
  credential: "check the headers of the entry",
  address: "put the right address into the entry",
  https: "url must begin with https://",
  http: "url must begin with http://",
  name: "check the host name in url",
  trust: "put the certificate of its authority into ca_file",
  responseTime: "response_timeout_seconds",
  silence: "silence_timeout_seconds",
};
