using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Engine.Ingest;
using Edge.Server.Commands;

namespace Edge.Server.Serving;

/// <summary><c>import</c>: takes in the DICOM files of a folder, while the server does not run.</summary>
internal static class ImportCommand
{
    private const int BufferBytes = 256 * 1024;

    public static Command Create() => new("import", "FOLDER", "take in the DICOM files of a folder and those below it", RunAsync)
    {
        Details = "Files that are no DICOM are counted and left alone; nothing in the folder is changed. The server must not be running on the same storage.",
    };

    private static async Task<int> RunAsync(CommandContext context)
    {
        LoadedConfiguration loaded = ConfigurationLoader.Load(ConfigurationSource.ForProcess(context.Arguments.ConfigurationPath)).OrThrow();
        string folder = context.Arguments.Operands[0];
        if (!Directory.Exists(folder))
        {
            throw new EdgeException(ErrorCode.DirectoryExpected, folder);
        }

        await using Composition server = Composition.Open(loaded, new ServerControl());
        Dictionary<IngestStatus, int> counts = [];
        int skipped = 0;
        EnumerationOptions everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None };
        foreach (string path in Directory.EnumerateFiles(folder, "*", everything))
        {
            try
            {
                IngestResult result = await IngestAsync(server.Engine.Ingest, path).ConfigureAwait(false);
                if (result.Status == IngestStatus.StorageFull)
                {
                    throw result.ToStorageFull();
                }

                counts[result.Status] = counts.GetValueOrDefault(result.Status) + 1;
            }
            catch (EdgeException e) when (e.Code is ErrorCode.BadFileFormat or ErrorCode.InexistentTag)
            {
                skipped++;
                context.Error.WriteLine($"{path}: {e.Message}");
            }
        }

        context.Output.WriteLine(
            $"{counts.GetValueOrDefault(IngestStatus.Success)} stored, {counts.GetValueOrDefault(IngestStatus.AlreadyStored)} already stored, {skipped} no DICOM instances");
        return ExitCode.Success;
    }

    private static async Task<IngestResult> IngestAsync(IngestPipeline pipeline, string path)
    {
        await using IncomingObject content = pipeline.Receive();
        await using (FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan))
        {
            await content.ExpectAsync(file.Length, CancellationToken.None).ConfigureAwait(false);
            byte[] buffer = new byte[(int)Math.Clamp(file.Length, 1, BufferBytes)];
            int read;
            while ((read = await file.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                await content.AppendAsync(buffer.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
            }
        }

        return await pipeline.IngestAsync(content, IngestOrigin.Import).ConfigureAwait(false);
    }
}
