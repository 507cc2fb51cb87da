using Edge.Core.Configuration;

namespace Edge.Server.Commands;

/// <summary>Orthanc's <c>--config=F</c>: writes a sample configuration.</summary>
internal static class SampleConfigurationCommand
{
    /// <param name="file">The file, or <c>-</c> for standard output. A file that exists is left alone: it may be somebody's configuration.</param>
    /// <param name="output">Standard output.</param>
    public static int Write(string file, TextWriter output)
    {
        string sample = SampleConfiguration.Write(OptionTable.Create());
        if (file == "-")
        {
            output.Write(sample);
            return ExitCode.Success;
        }

        if (File.Exists(file) || Directory.Exists(file))
        {
            throw new UsageException($"--config={file} would write a sample over what is there; to use it as the configuration: --config {file} COMMAND");
        }

        File.WriteAllText(file, sample);
        return ExitCode.Success;
    }
}
