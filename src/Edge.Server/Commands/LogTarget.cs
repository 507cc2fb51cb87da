using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;

namespace Edge.Server.Commands;

/// <summary>Where the log goes by the command line.</summary>
public static class LogTarget
{
    /// <summary>Opens the log of a command: the file of <c>--logfile</c>, a new one in <c>--logdir</c>, or standard error.</summary>
    /// <exception cref="EdgeException">The file cannot be written.</exception>
    public static LogWriter Open(CommandArguments arguments, LogFormat format)
    {
        string? file = arguments.LogFile;
        if (arguments.LogFolder is { } folder)
        {
            string time = DateTime.UtcNow.ToString("yyyyMMdd'-'HHmmss", CultureInfo.InvariantCulture);
            file = Path.Combine(folder, $"edge-dicom.log.{time}.{Environment.ProcessId}");
        }

        if (file is null)
        {
            return LogWriter.ToStandardError(format);
        }

        try
        {
            // Others may read it while it grows; whoever rotates it must copy and truncate.
            return new LogWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1), format);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"the log file {file} cannot be written", e);
        }
    }
}
