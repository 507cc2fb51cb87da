using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Reading;

/// <summary>How a scan ended.</summary>
public enum ScanOutcome
{
    /// <summary>Pixel data or the end was reached: everything asked for is there, or is absent in the file.</summary>
    Complete,

    /// <summary>The prefix was too short: scan again with <see cref="HeaderScan.BytesNeeded"/> bytes or more.</summary>
    NeedsMore,

    /// <summary>The data ends inside an element before pixel data: what was read is there, <see cref="HeaderScan.Notes"/> says what was lost.</summary>
    Truncated,
}

/// <summary>
/// What a scan found. Holds its own copy of the kept values, so the input may go. Reuse one for each thread: a scan then allocates nothing
/// (strings are made when asked for). Values are of the top level.
/// </summary>
public sealed partial class HeaderScan
{
    private const int MaximumNotes = 32;

    private readonly List<DamageNote> _notes = [];
    private readonly (int Start, int Length)[] _meta = new (int, int)[MetaCount];
    private Kept[] _kept = [];
    private byte[] _buffer = new byte[2048];
    private int _used;
    private ScanPlan _plan = ScanPlan.Identifiers;

    public ScanOutcome Outcome { get; internal set; }

    /// <summary>With <see cref="ScanOutcome.NeedsMore"/>: how long a prefix is needed at least.</summary>
    public long BytesNeeded { get; internal set; }

    /// <summary>How the data set is really encoded. Where the file says otherwise a note of WrongTransferSyntax is there.</summary>
    public TransferSyntax TransferSyntax { get; internal set; } = TransferSyntax.ImplicitVrLittleEndian;

    /// <summary>The 128 bytes and <c>DICM</c>.</summary>
    public bool HasPreamble { get; internal set; }

    /// <summary>Group 0002.</summary>
    public bool HasMeta { get; internal set; }

    /// <summary>Where the data set begins, in bytes.</summary>
    public long DataSetOffset { get; internal set; }

    /// <summary>Whether a pixel data element (7FE0,0008/0009/0010) was reached.</summary>
    public bool HasPixelData { get; internal set; }

    /// <summary>Where the pixel data element begins (its tag), in bytes from the start of the input; null where there is none or the data set is deflated.</summary>
    public long? PixelDataOffset { get; internal set; }

    /// <summary>Where its value begins: native samples, or the offset table's item. Null as <see cref="PixelDataOffset"/>.</summary>
    public long? PixelDataValueOffset { get; internal set; }

    public DicomTag PixelDataTag { get; internal set; }

    /// <summary>Its VR; in implicit VR the dictionary's (OW).</summary>
    public Vr PixelDataVr { get; internal set; }

    /// <summary>The length of its value; null where undefined (encapsulated).</summary>
    public long? PixelDataLength { get; internal set; }

    /// <summary>Whether the file ends before the end of pixel data of defined length.</summary>
    public bool IsPixelDataTruncated { get; internal set; }

    /// <summary>What was found damaged; the first 32.</summary>
    public IReadOnlyList<DamageNote> Notes => _notes;

    internal HeaderEncoding Encoding { get; set; }

    internal ScanPlan Plan => _plan;

    /// <summary>Whether the top level has the element. Only of tags in the plan.</summary>
    public bool Contains(DicomTag tag) => Index(tag) is var at and >= 0 && _kept[at].IsFound;

    /// <summary>The raw value; empty where absent, empty, or too long to be kept. Of a sequence: its items, with the delimiter where of undefined length.</summary>
    public ReadOnlySpan<byte> GetBytes(DicomTag tag) => Index(tag) is var at and >= 0 ? Bytes(_kept[at]) : default;

    /// <summary>The VR in the file, or the dictionary's where that is implicit; None where absent.</summary>
    public Vr GetVr(DicomTag tag) => Index(tag) is var at and >= 0 && _kept[at].IsFound ? _kept[at].Vr : Vr.None;

    /// <summary>Where a value is and how long, whether kept or not; null where absent. Length null where undefined and the element was not asked for.</summary>
    public (long Offset, long Length)? GetRange(DicomTag tag) =>
        Index(tag) is var at and >= 0 && _kept[at].IsFound ? (_kept[at].Offset, _kept[at].Length) : null;

    /// <summary>A value as text: prepared as Orthanc does (trailing padding gone), decoded, numbers joined by backslashes; null where absent or no text.</summary>
    public string? GetString(DicomTag tag, OrthancEncoding defaultEncoding = OrthancEncoding.Latin1)
    {
        int at = Index(tag);
        if (at < 0 || !_kept[at].IsFound || _kept[at].IsTooLong)
        {
            return null;
        }

        ref readonly Kept kept = ref _kept[at];
        if (kept.Vr == Vr.UN)
        {
            Vr known = DicomDictionary.VrOf(tag, null, out _);
            return VrInfo.IsText(known) ? GetCharacterSet(defaultEncoding).Decode(TextBytes.PreparedUnknown(Bytes(kept)), known) : null;
        }

        if (VrInfo.IsText(kept.Vr))
        {
            ReadOnlySpan<byte> text = TextBytes.Prepared(Bytes(kept));
            return text.Length == 0 ? "" : GetCharacterSet(defaultEncoding).Decode(text, kept.Vr);
        }

        return VrInfo.Kind(kept.Vr) == VrKind.Number ? ElementText.Numbers(Element(tag, kept)) : null;
    }

    /// <summary>A number, binary or text; null where absent or none.</summary>
    public long? GetInteger(DicomTag tag) =>
        Index(tag) is var at and >= 0 && _kept[at].IsFound && !_kept[at].IsTooLong && ElementNumbers.TryReadInteger(Element(tag, _kept[at]), 0, out long value) ? value : null;

    /// <summary>A sequence of the plan, parsed; null where absent, too long, or none.</summary>
    /// <exception cref="DicomFormatException">Its items are damaged beyond reading.</exception>
    public DicomElement? GetSequence(DicomTag tag, OrthancEncoding defaultEncoding = OrthancEncoding.Latin1) =>
        IsSequence(tag) ? ToDataSet([tag], defaultEncoding).Find(tag) : null;

    /// <summary>Elements of the plan as a data set of its own, with the character set; what is absent or too long is left out. Values are copied.</summary>
    /// <exception cref="DicomFormatException">The items of a sequence are damaged beyond reading.</exception>
    public DataSet ToDataSet(IEnumerable<DicomTag> tags, OrthancEncoding defaultEncoding = OrthancEncoding.Latin1)
    {
        var result = new DataSet { DefaultEncoding = defaultEncoding };
        foreach (DicomTag tag in tags.Prepend(DicomTags.SpecificCharacterSet))
        {
            if (Index(tag) is not (var at and >= 0) || !_kept[at].IsFound || _kept[at].IsTooLong)
            {
                continue;
            }

            byte[] value = Bytes(_kept[at]).ToArray();
            result.Set(IsSequence(tag)
                ? new DataSetParser(value, Encoding, DicomReadOptions.Default with { DefaultEncoding = defaultEncoding }).ParseSequence(result, tag, _kept[at].Vr, _kept[at].IsUndefined)
                : new DicomElement(tag, _kept[at].Vr, value, Encoding.IsBigEndian));
        }

        return result;
    }

    /// <summary>Whether a value of the plan is there that is longer than what is kept.</summary>
    public bool IsTooLong(DicomTag tag) => Index(tag) is var at and >= 0 && _kept[at].IsTooLong;

    /// <summary>The character set of the top data set.</summary>
    public SpecificCharacterSet GetCharacterSet(OrthancEncoding defaultEncoding = OrthancEncoding.Latin1) =>
        SpecificCharacterSet.FromValue(GetBytes(DicomTags.SpecificCharacterSet), defaultEncoding);

    internal void Reset(ScanPlan plan)
    {
        _plan = plan;
        if (_kept.Length < plan.Count)
        {
            _kept = new Kept[plan.Count];
        }
        else
        {
            Array.Clear(_kept);
        }

        Array.Clear(_meta);
        _notes.Clear();
        _used = 0;
        Outcome = ScanOutcome.Complete;
        BytesNeeded = 0;
        TransferSyntax = TransferSyntax.ImplicitVrLittleEndian;
        HasPreamble = HasMeta = HasPixelData = IsPixelDataTruncated = false;
        DataSetOffset = 0;
        PixelDataOffset = PixelDataValueOffset = PixelDataLength = null;
        PixelDataTag = default;
        PixelDataVr = Vr.None;
    }

    internal void Note(DamageKind kind, uint tag, long offset, long lost = 0)
    {
        if (_notes.Count < MaximumNotes)
        {
            _notes.Add(new DamageNote(kind, new DicomTag(tag), offset, lost));
        }
    }

    /// <summary>Notes that an element is there; of a value that is kept, gives room for its bytes.</summary>
    internal Span<byte> Keep(int at, Vr vr, long offset, long length, bool isUndefined)
    {
        bool tooLong = length > _plan.MaximumValueLength || _used + length > 64 << 20;
        if (vr == Vr.None)
        {
            vr = isUndefined ? Vr.SQ : ImplicitVr(_plan[at]);
        }

        _kept[at] = new Kept(offset, length, _used, vr, true, isUndefined, tooLong);
        return tooLong ? default : Room((int)length);
    }

    /// <summary>Takes back an element whose value turned out not to be there.</summary>
    internal void Drop(int at) => _kept[at] = default;

    internal bool IsKept(int at) => _kept[at].IsFound;

    /// <summary>Room for bytes that are to be kept.</summary>
    internal Span<byte> Room(int length)
    {
        if (_buffer.Length - _used < length)
        {
            Array.Resize(ref _buffer, (int)Math.Max((long)_used + length, Math.Min(_buffer.Length * 2L, int.MaxValue / 2)));
        }

        Span<byte> room = _buffer.AsSpan(_used, length);
        _used += length;
        return room;
    }

    internal void KeepMeta(int which, int length) => _meta[which] = (_used - length, length);

    internal ReadOnlySpan<byte> Meta(int which) => _buffer.AsSpan(_meta[which].Start, _meta[which].Length);

    private bool IsSequence(DicomTag tag) =>
        Index(tag) is var at and >= 0 && _kept[at].IsFound && !_kept[at].IsTooLong && (_kept[at].Vr == Vr.SQ || _kept[at].IsUndefined);

    private int Index(DicomTag tag) => _plan.Tags.BinarySearch(tag.Value);

    private ReadOnlySpan<byte> Bytes(in Kept kept) => kept.IsFound && !kept.IsTooLong ? _buffer.AsSpan(kept.Start, (int)kept.Length) : default;

    private DicomElement Element(DicomTag tag, in Kept kept) =>
        new(tag, kept.Vr, _buffer.AsMemory(kept.Start, (int)kept.Length), Encoding.IsBigEndian);

    // What the file leaves to the dictionary. US or SS is settled by PixelRepresentation, which comes earlier in most cases that matter here.
    private Vr ImplicitVr(DicomTag tag)
    {
        Vr vr = DicomDictionary.VrOf(tag, null, out VrChoice choice);
        return choice switch
        {
            VrChoice.UsOrSs when GetInteger(DicomTags.PixelRepresentation) == 1 => Vr.SS,
            VrChoice.ObOrOw => Vr.OW,
            _ => vr,
        };
    }

    private readonly record struct Kept(long Offset, long Length, int Start, Vr Vr, bool IsFound, bool IsUndefined, bool IsTooLong);
}
