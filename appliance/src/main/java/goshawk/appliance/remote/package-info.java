/**
 * Models on other machines, asked in OpenAI's form over HTTP: for second opinions ({@link
 * goshawk.appliance.remote.SecondOpinionInspector}) and as a station's only model ({@link
 * goshawk.appliance.remote.RemoteInspector}). {@code RemoteQuestions} asks a recipe's questions, {@code ChatClient} holds
 * one conversation, {@code SaidVerdict} reads its answer, {@code CircuitBreaker} knows when there is no use in asking.
 *
 * <p>A network is nothing to rely on: every wait here ends before the part's deadline, whatever the server does.
 */
@NullMarked
package goshawk.appliance.remote;

import org.jspecify.annotations.NullMarked;
