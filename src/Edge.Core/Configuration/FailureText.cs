using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>Says in words what failed: the published binary carries no texts for the exceptions of the system.</summary>
public static class FailureText
{
    public static string Of(Exception failure) => failure switch
    {
        EdgeException => failure.Message,
        UnauthorizedAccessException => "permission denied",
        FileNotFoundException { FileName.Length: > 0 } missing => $"{missing.FileName} does not exist",
        FileNotFoundException or DirectoryNotFoundException => "it does not exist",
        ArgumentException => "it is no path",
        _ => $"input or output error (0x{failure.HResult:x8})",
    };
}
