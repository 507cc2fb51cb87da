using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Writing;

/// <summary>Writes data sets to a buffer, with the lengths of a plan made before.</summary>
internal sealed class DataSetWriter
{
    private readonly IBufferWriter<byte> _output;
    private readonly LengthPlan _lengths;
    private readonly DicomWriteOptions _options;

    public DataSetWriter(IBufferWriter<byte> output, LengthPlan lengths, DicomWriteOptions options)
    {
        _output = output;
        _lengths = lengths;
        _options = options;
    }

    /// <summary>Writes the elements of a data set that the plan has measured.</summary>
    /// <exception cref="EdgeException">InternalError where a defined length does not fit 32 bits.</exception>
    public void Write(DataSet dataSet, HeaderEncoding encoding)
    {
        foreach (DicomElement element in dataSet.Ordered)
        {
            if (element.Tag.IsGroupLength && _options.GroupLengths == GroupLengths.Remove)
            {
                continue;
            }

            if (_lengths.IsRecalculated(element))
            {
                WriteGroupLength(element, encoding);
            }
            else
            {
                WriteElement(element, encoding);
            }
        }
    }

    private void WriteElement(DicomElement element, HeaderEncoding encoding)
    {
        if (element.Items is { } items)
        {
            WriteItems(element, items, encoding);
        }
        else if (element.Fragments is { } fragments)
        {
            WriteHeader(element, ElementHeader.UndefinedLength, encoding);
            for (int i = 0; i < fragments.Count; i++)
            {
                WriteMark(ElementHeader.Item, (uint)(fragments[i].Length + (fragments[i].Length & 1)), encoding);
                WritePadded(fragments[i].Span, 0);
            }

            WriteMark(ElementHeader.SequenceDelimiter, 0, encoding);
        }
        else if (element.External is { } left)
        {
            WriteExternal(element, left, encoding);
        }
        else
        {
            ReadOnlySpan<byte> value = element.Value.Span;
            WriteHeader(element, Fit(value.Length + (value.Length & 1), element.Tag), encoding);
            int word = VrInfo.WordSize(element.Vr);
            if (word > 1 && element.IsBigEndian != encoding.IsBigEndian)
            {
                WriteSwapped(value, word);
            }
            else
            {
                WritePadded(value, VrInfo.Padding(element.Vr));
            }
        }
    }

    private void WriteItems(DicomElement element, IReadOnlyList<DataSet> items, HeaderEncoding encoding)
    {
        HeaderEncoding inner = LengthPlan.Inner(element, encoding);
        bool isUndefined = _lengths.IsUndefined(element.IsUndefinedLength);
        WriteHeader(element, isUndefined ? ElementHeader.UndefinedLength : Fit(_lengths.Take(), element.Tag), encoding);
        for (int i = 0; i < items.Count; i++)
        {
            bool isItemUndefined = _lengths.IsUndefined(items[i].IsUndefinedLength);
            WriteMark(ElementHeader.Item, isItemUndefined ? ElementHeader.UndefinedLength : Fit(_lengths.Take(), element.Tag), inner);
            Write(items[i], inner);
            if (isItemUndefined)
            {
                WriteMark(ElementHeader.ItemDelimiter, 0, inner);
            }
        }

        if (isUndefined)
        {
            WriteMark(ElementHeader.SequenceDelimiter, 0, inner);
        }
    }

    private void WriteGroupLength(DicomElement element, HeaderEncoding encoding)
    {
        WriteHeader(element, 4, encoding);
        Span<byte> value = _output.GetSpan(4);
        uint length = Fit(_lengths.Take(), element.Tag);
        if (encoding.IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value, length);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(value, length);
        }

        _output.Advance(4);
    }

    private void WriteHeader(DicomElement element, uint length, HeaderEncoding encoding)
    {
        int size = LengthPlan.HeaderSize(element, encoding);
        Span<byte> header = _output.GetSpan(size);
        WriteTag(header, element.Tag.Value, encoding.IsBigEndian);
        if (!encoding.IsExplicitVr)
        {
            WriteUInt32(header[4..], length, encoding.IsBigEndian);
        }
        else
        {
            if (element.FileVr != 0)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(header[4..], element.FileVr);
            }
            else
            {
                // A value too long for its VR's 16-bit length is written as UN (PS3.5 6.2.2 note 7).
                VrInfo.Code(size == 12 && !VrInfo.HasLongLength(element.Vr) ? Vr.UN : element.Vr == Vr.None ? Vr.UN : element.Vr).CopyTo(header[4..]);
            }

            if (size == 12)
            {
                header[6] = header[7] = 0;
                WriteUInt32(header[8..], length, encoding.IsBigEndian);
            }
            else if (encoding.IsBigEndian)
            {
                BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)length);
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)length);
            }
        }

        _output.Advance(size);
    }

    private void WriteMark(uint tag, uint length, HeaderEncoding encoding)
    {
        Span<byte> header = _output.GetSpan(8);
        WriteTag(header, tag, encoding.IsBigEndian);
        WriteUInt32(header[4..], length, encoding.IsBigEndian);
        _output.Advance(8);
    }

    private void WritePadded(ReadOnlySpan<byte> value, byte padding)
    {
        _output.Write(value);
        if ((value.Length & 1) != 0)
        {
            _output.GetSpan(1)[0] = padding;
            _output.Advance(1);
        }
    }

    private void WriteSwapped(ReadOnlySpan<byte> value, int word)
    {
        bool isOdd = (value.Length & 1) != 0;
        while (value.Length > 0)
        {
            int count = Math.Min(value.Length, 16384);
            Span<byte> piece = _output.GetSpan(count)[..count];
            value[..count].CopyTo(piece);
            ByteSwap.Swap(piece, word);
            _output.Advance(count);
            value = value[count..];
        }

        // A number cut off in the middle has no order: its bytes stay. The length is even as everywhere.
        if (isOdd)
        {
            _output.Write([(byte)0]);
        }
    }

    private void WriteExternal(DicomElement element, ExternalValue left, HeaderEncoding encoding)
    {
        WriteHeader(element, element.IsUndefinedLength ? ElementHeader.UndefinedLength : Fit(left.Length + (left.Length & 1), element.Tag), encoding);
        int word = element.IsUndefinedLength ? 1 : VrInfo.WordSize(element.Vr);
        bool swaps = word > 1 && element.IsBigEndian != encoding.IsBigEndian;
        long at = left.Offset, end = left.Offset + left.Length;
        while (at < end)
        {
            int count = (int)Math.Min(end - at, 65536);
            Span<byte> piece = _output.GetSpan(count)[..count];
            int read = left.Source.Read(at, piece);
            if (read < count)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, $"The value of ({element.Tag}) ends after {at + read - left.Offset} of {left.Length} bytes");
            }

            if (swaps)
            {
                ByteSwap.Swap(piece, word);
            }

            _output.Advance(count);
            at += count;
        }

        if ((left.Length & 1) != 0)
        {
            _output.Write([(byte)0]);
        }

        if (element.IsUndefinedLength)
        {
            WriteMark(ElementHeader.SequenceDelimiter, 0, encoding);
        }
    }

    private static void WriteTag(Span<byte> target, uint tag, bool bigEndian)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, tag);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, System.Numerics.BitOperations.RotateLeft(tag, 16));
        }
    }

    private static void WriteUInt32(Span<byte> target, uint value, bool bigEndian)
    {
        if (bigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, value);
        }
    }

    private static uint Fit(long length, DicomTag tag) => length < ElementHeader.UndefinedLength
        ? (uint)length
        : throw new EdgeException(ErrorCode.InternalError, $"({tag}) is of {length} bytes: more than a defined length holds");
}
