namespace Edge.Engine.Scripting;

/// <summary>The answer of an in-process REST call.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">The MIME type, or null where there is no body.</param>
/// <param name="Body">The whole body.</param>
public sealed record RestReply(int Status, string? ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether the call succeeded; scripts get nil otherwise.</summary>
    public bool Succeeded => Status is >= 200 and < 300;
}

/// <summary>Port: runs a REST request inside the process, without a socket. Implemented by the REST face over its own route table.</summary>
public interface IRestInvoker
{
    /// <param name="method"><c>GET</c>, <c>POST</c>, <c>PUT</c> or <c>DELETE</c>.</param>
    /// <param name="uri">Path and query, percent-encoded, beginning with a slash.</param>
    /// <param name="body">The body of POST and PUT.</param>
    /// <param name="headers">Request headers, names in any case; null for none.</param>
    /// <param name="builtin">Whether only built-in routes may answer, without those of extensions.</param>
    /// <returns>The answer; failures of the handler are answers too (404, 500…).</returns>
    ValueTask<RestReply> InvokeAsync(string method, string uri, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers, bool builtin, CancellationToken cancellation);
}
