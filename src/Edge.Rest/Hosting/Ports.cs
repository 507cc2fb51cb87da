namespace Edge.Rest.Hosting;

/// <summary>How important a log line is, in the order of Orthanc's levels.</summary>
public enum RestLogLevel
{
    Error,
    Warning,
    Info,
    Trace,
}

/// <summary>Where the HTTP face writes its log lines; the product's logger stands behind it.</summary>
public interface IRestLog
{
    bool IsEnabled(RestLogLevel level);

    /// <param name="message">One line without patient data.</param>
    /// <param name="failure">The exception at fault, for the log alone, never for the client.</param>
    void Write(RestLogLevel level, string message, Exception? failure = null);
}

/// <summary>Verifies credentials of HTTP Basic and Bearer authentication.</summary>
public interface ICredentialStore
{
    /// <summary>A number that changes whenever a verified credential may no longer be valid; remembered verifications of another number are dropped.</summary>
    long Version { get; }

    /// <summary>Whether <paramref name="password"/> (UTF-8) is that of <paramref name="user"/>. Takes the same time for unknown users; compares in constant time.</summary>
    ValueTask<bool> VerifyAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancellation);

    /// <summary>The user for whom a Bearer token stands, or null.</summary>
    ValueTask<string?> FindBearerAsync(string token, CancellationToken cancellation) => ValueTask.FromResult<string?>(null);
}

/// <summary>Decides, after authentication, whether a request is served (<c>IncomingHttpRequestFilter</c>); a refusal is an empty 403.</summary>
public interface IRequestFilter
{
    ValueTask<bool> AllowAsync(RestRequest request);
}

/// <summary>Where the bytes of a streamed answer come from: an attachment, a file, a rendered image.</summary>
public interface IAnswerSource
{
    /// <summary>The length in bytes.</summary>
    long Length { get; }

    /// <summary>Writes <paramref name="count"/> bytes from <paramref name="offset"/> and flushes often enough that memory stays bounded.</summary>
    ValueTask WriteAsync(System.IO.Pipelines.PipeWriter output, long offset, long count, CancellationToken cancellation);
}
