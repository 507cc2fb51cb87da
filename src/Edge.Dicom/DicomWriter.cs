using System.Buffers;
using System.IO.Compression;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;

namespace Edge.Dicom;

/// <summary>
/// Writes files and data sets. Pixel data is not transcoded: fragments stay fragments, native stays native; between byte orders words are swapped.
/// Odd lengths are made even, tags are brought into order, of duplicates the first is written.
/// </summary>
public static class DicomWriter
{
    /// <summary>Writes a file in its transfer syntax. A file without meta information stays so: see <see cref="FileMetaInformation.Ensure"/>.</summary>
    public static void WriteFile(IBufferWriter<byte> destination, DicomFile file, DicomWriteOptions? options = null)
    {
        WriteHead(destination, file);
        WriteDataSet(destination, WithoutMeta(file.DataSet), file.TransferSyntax, options);
    }

    /// <summary>Writes to a stream, in pieces; values left in a source are copied from there.</summary>
    public static void WriteFile(Stream destination, DicomFile file, DicomWriteOptions? options = null)
    {
        using var sink = new StreamSink(destination);
        WriteFile(sink, file, options);
        sink.Flush();
    }

    /// <summary>Writes a bare data set: of a DIMSE message.</summary>
    public static void WriteDataSet(IBufferWriter<byte> destination, DataSet dataSet, TransferSyntax syntax, DicomWriteOptions? options = null)
    {
        options ??= DicomWriteOptions.Default;
        if (syntax.IsDeflated)
        {
            WriteDeflated(destination, dataSet, options);
            return;
        }

        var lengths = new LengthPlan(options);
        HeaderEncoding encoding = HeaderEncoding.Of(syntax);
        lengths.Measure(dataSet, encoding);
        new DataSetWriter(destination, lengths, options).Write(dataSet, encoding);
    }

    /// <summary>Writes a bare data set to a stream.</summary>
    public static void WriteDataSet(Stream destination, DataSet dataSet, TransferSyntax syntax, DicomWriteOptions? options = null)
    {
        using var sink = new StreamSink(destination);
        WriteDataSet(sink, dataSet, syntax, options);
        sink.Flush();
    }

    /// <summary>The length in bytes of a data set that is written so; not of a deflated one, of which its inflated length is given.</summary>
    public static long Measure(DataSet dataSet, TransferSyntax syntax, DicomWriteOptions? options = null) =>
        new LengthPlan(options ?? DicomWriteOptions.Default).Measure(dataSet, HeaderEncoding.Of(syntax));

    /// <summary>The bytes of a file.</summary>
    public static byte[] ToArray(DicomFile file, DicomWriteOptions? options = null)
    {
        var output = new ArrayBufferWriter<byte>(Capacity(Measure(file.DataSet, file.TransferSyntax, options) + 2048));
        WriteFile(output, file, options);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The bytes of a data set.</summary>
    public static byte[] ToArray(DataSet dataSet, TransferSyntax syntax, DicomWriteOptions? options = null)
    {
        var output = new ArrayBufferWriter<byte>(Capacity(Measure(dataSet, syntax, options)));
        WriteDataSet(output, dataSet, syntax, options);
        return output.WrittenSpan.ToArray();
    }

    // Group 0002 has no place in a data set (PS3.10 7.1); a damaged file that has it there would be read otherwise the next time.
    private static DataSet WithoutMeta(DataSet dataSet)
    {
        bool has = false;
        foreach (DicomElement element in dataSet)
        {
            has |= element.Tag.IsMeta;
        }

        if (!has)
        {
            return dataSet;
        }

        DataSet clean = dataSet.Clone();
        clean.RemoveAll(static element => element.Tag.IsMeta);
        return clean;
    }

    private static int Capacity(long length) => (int)Math.Clamp(length, 16, 256 << 20);

    private static void WriteHead(IBufferWriter<byte> destination, DicomFile file)
    {
        if (file.Meta is not { } meta)
        {
            if (file.HasPreamble)
            {
                WritePreamble(destination, file.Preamble);
            }

            return;
        }

        if (file.HasPreamble)
        {
            WritePreamble(destination, file.Preamble);
        }

        FileMetaInformation.Write(destination, meta, file.TransferSyntax.Uid);
    }

    private static void WritePreamble(IBufferWriter<byte> destination, ReadOnlyMemory<byte>? preamble)
    {
        Span<byte> bytes = destination.GetSpan(132)[..132];
        bytes.Clear();
        if (preamble is { } given)
        {
            given.Span[..Math.Min(given.Length, 128)].CopyTo(bytes);
        }

        "DICM"u8.CopyTo(bytes[128..]);
        destination.Advance(132);
    }

    private static void WriteDeflated(IBufferWriter<byte> destination, DataSet dataSet, DicomWriteOptions options)
    {
        using var counted = new BufferWriterStream(destination);
        using (var deflater = new DeflateStream(counted, CompressionLevel.Optimal, leaveOpen: true))
        using (var sink = new StreamSink(deflater))
        {
            WriteDataSet(sink, dataSet, TransferSyntax.ExplicitVrLittleEndian, options);
            sink.Flush();
        }

        // PS3.5 A.5: an odd length is padded with a NUL.
        if ((counted.Length & 1) != 0)
        {
            counted.Write([(byte)0]);
        }
    }
}
