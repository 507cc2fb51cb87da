using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Engine.Jobs;

namespace Edge.Engine.Archives;

/// <summary><c>Archive</c> and <c>Media</c>: builds an archive in a temporary file, which is the job's output <c>archive</c>. Lost with the process, as Orthanc's is.</summary>
/// <param name="archive">What goes into it.</param>
/// <param name="fileName">Announced to who fetches it.</param>
public sealed class ArchiveJob(PlannedArchive archive, string fileName) : JobWork
{
    private const string Output = "archive";
    private const long Megabyte = 1024 * 1024;

    private ArchiveShelf? _shelf;
    private TemporaryFile? _file;
    private long _plainSize;
    private long _archiveSize;

    public override string Type => archive.Request.TypeName;

    public override bool IsDurable => false;

    public override bool HasOutputs => true;

    public override void WriteRequest(Utf8JsonWriter json) => json.Texts("resources"u8, archive.Request.Resources);

    public override void WriteContent(Utf8JsonWriter json)
    {
        long size = Interlocked.Read(ref _archiveSize), plain = Interlocked.Read(ref _plainSize);
        json.WriteString("ArchiveSize"u8, size.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("ArchiveSizeMB"u8, size / Megabyte);
        json.WriteString("Description"u8, "REST API");
        json.WriteNumber("InstancesCount"u8, archive.Count);
        if (archive.Request.TransferSyntax is { } uid)
        {
            json.WriteString("Transcode"u8, uid);
        }

        json.WriteString("UncompressedSize"u8, plain.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("UncompressedSizeMB"u8, plain / Megabyte);
    }

    public override async Task RunAsync(JobRun run)
    {
        // A pause comes between two instances and gives up what was built: the archive is begun again.
        Interlocked.Exchange(ref _plainSize, 0);
        _shelf = run.Engine.ArchiveShelf;
        TemporaryFile file = _shelf.Create();
        try
        {
            Stream stream = file.Write();
            await using (stream.ConfigureAwait(false))
            {
                int done = 0;
                PipeWriter output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
                await run.Engine.Archives.WriteAsync(
                    archive,
                    output,
                    length =>
                    {
                        Interlocked.Add(ref _plainSize, length);
                        run.Report(++done, archive.Count);
                        run.Pass();
                    },
                    run.Cancellation).ConfigureAwait(false);
                await output.CompleteAsync().ConfigureAwait(false);
                Interlocked.Exchange(ref _archiveSize, stream.Length);
            }
        }
        catch (IOException e)
        {
            file.Dispose();
            throw new EdgeException(ErrorCode.CannotWriteFile, $"The archive cannot be written: {e.Message}", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        _file = file;
        _shelf.Keep(file);
    }

    public override ValueTask<JobOutput?> OpenOutputAsync(string key, CancellationToken cancellation) => ValueTask.FromResult(
        key == Output && _file is { IsGone: false } file ? new JobOutput(file.Read(), "application/zip", fileName) : null);

    public override ValueTask<bool> RemoveOutputAsync(string key) => ValueTask.FromResult(key == Output && _file is { } file && _shelf!.Drop(file));

    public override ValueTask ReleaseAsync()
    {
        if (_file is { } file)
        {
            _shelf!.Drop(file);
        }

        return ValueTask.CompletedTask;
    }
}
