package com.fnproject.lb.upstream;

import io.helidon.http.Headers;
import io.helidon.http.Status;

/**
 * The head of a node's answer.
 *
 * @param status 200 to 999
 * @param headers as they came, hop-by-hop fields included
 * @param hasBody whether a body follows, perhaps an empty one
 * @param length of the body in bytes; -1 when only the end will tell; 0 when there is none
 */
public record Answer(Status status, Headers headers, boolean hasBody, long length) {}
