using Edge.Core.Errors;
using Edge.Dicom.Reading;
using Edge.Store.Files;

namespace Edge.Engine.Content;

/// <summary>Reads a stored DICOM file into memory in one go and finds its data set there.</summary>
internal static class DataSetLoading
{
    /// <param name="memory">At least as long as the file.</param>
    /// <returns>The data set, a part of <paramref name="memory"/>; what awaits it may go on on the thread that read the file.</returns>
    /// <exception cref="EdgeException">InexistentFile, CorruptedFile.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> LoadAsync(IAttachmentArea files, AttachmentRecord file, Memory<byte> memory, CancellationToken cancellation)
    {
        Memory<byte> whole = memory[..checked((int)file.PlainSize)];
        int read = await files.ReadAsync(file, AttachmentView.Plain, 0, whole, cancellation, continuesHere: true).ConfigureAwait(false);
        if (read != whole.Length)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, $"the stored file ends after {read} of {whole.Length} bytes");
        }

        HeaderScan scan = new();
        HeaderScanner.Scan(whole.Span, whole.Length, ScanPlan.Identifiers, scan);
        return whole[checked((int)scan.DataSetOffset)..];
    }
}
