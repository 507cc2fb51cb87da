using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Dicom;

/// <summary>A value that stays where it is: a range of a byte source. Of encapsulated pixel data the range holds all items, without the delimiter.</summary>
/// <param name="Source">The bytes it is in; must live as long as the element.</param>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Length">Its length in bytes.</param>
public sealed record ExternalValue(IByteSource Source, long Offset, long Length);

/// <summary>
/// One data element (PS3.5 7.1): a tag, a VR, and one of: raw bytes, items, fragments, or a range of a source.
/// Immutable but for its items. Bytes read from a file are slices of it.
/// </summary>
public sealed class DicomElement
{
    [Flags]
    private enum Traits : byte
    {
        None = 0,
        UndefinedLength = 1,
        BigEndian = 2,
    }

    private readonly object? _content;
    private readonly Traits _traits;

    private DicomElement(DicomTag tag, Vr vr, ReadOnlyMemory<byte> value, object? content, bool undefinedLength, bool bigEndian, ushort fileVr)
    {
        Tag = tag;
        Vr = vr;
        Value = value;
        _content = content;
        _traits = (undefinedLength ? Traits.UndefinedLength : 0) | (bigEndian ? Traits.BigEndian : 0);
        FileVr = fileVr;
    }

    /// <summary>An element of raw bytes, as they are (no padding is added; the writer pads odd lengths of what is set by text).</summary>
    public DicomElement(DicomTag tag, Vr vr, ReadOnlyMemory<byte> value, bool bigEndian = false)
        : this(tag, vr, value, null, false, bigEndian, 0)
    {
    }

    public DicomTag Tag { get; }

    public Vr Vr { get; }

    /// <summary>The raw bytes; empty for sequences, fragments and external values.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>The items of a sequence; null for everything else. A UN of undefined length has items too (PS3.5 6.2.2 note 4).</summary>
    public IReadOnlyList<DataSet>? Items => _content as List<DataSet>;

    /// <summary>Encapsulated pixel data: the offset table (may be empty), then the fragments; null for everything else.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Fragments => _content as List<ReadOnlyMemory<byte>>;

    /// <summary>A value that was left in its source; null where it is in memory.</summary>
    public ExternalValue? External => _content as ExternalValue;

    /// <summary>Whether it is a sequence of items.</summary>
    public bool IsSequence => _content is List<DataSet>;

    /// <summary>Whether its length was or is to be written as FFFFFFFF.</summary>
    public bool IsUndefinedLength => (_traits & Traits.UndefinedLength) != 0;

    /// <summary>The byte order of <see cref="Value"/>.</summary>
    public bool IsBigEndian => (_traits & Traits.BigEndian) != 0;

    /// <summary>The two letters a file had for a VR of a later standard (long form), in file order; 0 otherwise.</summary>
    internal ushort FileVr { get; }

    /// <summary>A sequence. Defined lengths are written unless <paramref name="undefinedLength"/>.</summary>
    public static DicomElement Sequence(DicomTag tag, IEnumerable<DataSet> items, bool undefinedLength = false) =>
        Sequence(tag, Vr.SQ, [.. items], undefinedLength);

    /// <summary>Encapsulated pixel data of VR OB: the offset table first (empty where there is none), then the fragments.</summary>
    public static DicomElement Encapsulated(DicomTag tag, IEnumerable<ReadOnlyMemory<byte>> fragments) =>
        new(tag, Vr.OB, default, new List<ReadOnlyMemory<byte>>(fragments), true, false, 0);

    /// <summary>A value left where it is.</summary>
    public static DicomElement Left(DicomTag tag, Vr vr, ExternalValue value, bool undefinedLength, bool bigEndian = false) =>
        new(tag, vr, default, value, undefinedLength, bigEndian, 0);

    internal static DicomElement Sequence(DicomTag tag, Vr vr, List<DataSet> items, bool undefinedLength) =>
        new(tag, vr, default, items, undefinedLength, false, 0);

    internal static DicomElement Encapsulated(DicomTag tag, Vr vr, List<ReadOnlyMemory<byte>> fragments) =>
        new(tag, vr, default, fragments, true, false, 0);

    internal static DicomElement OfUnknownVr(DicomTag tag, ReadOnlyMemory<byte> value, bool bigEndian, ushort fileVr) =>
        new(tag, Vr.UN, value, null, false, bigEndian, fileVr);

    /// <summary>The same value under another VR.</summary>
    public DicomElement WithVr(Vr vr) => new(Tag, vr, Value, _content, IsUndefinedLength, IsBigEndian, 0);

    /// <summary>The same value under another tag.</summary>
    public DicomElement WithTag(DicomTag tag) => new(tag, Vr, Value, _content, IsUndefinedLength, IsBigEndian, FileVr);

    public override string ToString() => $"({Tag}) {VrInfo.Name(Vr)} {(IsSequence ? $"{Items!.Count} items" : Fragments is { } f ? $"{f.Count} fragments" : $"{Value.Length} bytes")}";
}
