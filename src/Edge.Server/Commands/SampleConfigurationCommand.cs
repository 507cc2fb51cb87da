using Edge.Core.Configuration;

namespace Edge.Server.Commands;

/// <summary>Orthanc's <c>--config=F</c>: writes a sample configuration.</summary>
internal static class SampleConfigurationCommand
{
    /// <summary>
    /// Writes the sample, over what is there as Orthanc does: scripts count on it. What was there, unless it is the sample itself,
    /// is kept beside it under the next free <c>F.~N~</c> (the names of <c>cp --backup=numbered</c>).
    /// </summary>
    /// <param name="file">The file, or <c>-</c> for standard output.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Told where an earlier file is kept.</param>
    /// <exception cref="UsageException"><paramref name="file"/> is a folder.</exception>
    public static int Write(string file, TextWriter output, TextWriter error)
    {
        string sample = SampleConfiguration.Write(OptionTable.Create());
        if (file == "-")
        {
            output.Write(sample);
            return ExitCode.Success;
        }

        if (Directory.Exists(file))
        {
            throw new UsageException($"--config={file} would write a sample where a folder is; to use it as the configuration: --config {file} COMMAND");
        }

        // Written whole before it takes the name: an interrupted run leaves the former file.
        string written = file + ".new";
        File.WriteAllText(written, sample);
        if (File.Exists(file) && File.ReadAllText(file) != sample)
        {
            error.WriteLine($"edge-dicom: the former {file} is kept as {Keep(file)}");
        }

        File.Move(written, file, overwrite: true);
        return ExitCode.Success;
    }

    private static string Keep(string file)
    {
        for (int number = 1; ; number++)
        {
            string kept = $"{file}.~{number}~";
            if (!File.Exists(kept))
            {
                File.Move(file, kept);
                return kept;
            }
        }
    }
}
