package com.fnproject.lb.upstream;

import io.helidon.http.Headers;

/**
 * What is sent to a node before the body.
 *
 * @param method as the client wrote it
 * @param target the request target, byte for byte; only visible ASCII
 * @param headers the end-to-end header fields, Host among them, without those that frame the body
 */
public record RequestHead(String method, String target, Headers headers) {}
