namespace Edge.Dicom.Text;

/// <summary>The coded character sets that the defined terms of (0008,0005) stand for (PS3.3 C.12.1.1.2).</summary>
internal enum CodedSet : byte
{
    /// <summary>A term that is not known, or none.</summary>
    None,
    Ascii,
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Latin5,
    Latin9,
    Cyrillic,
    Arabic,
    Greek,
    Hebrew,
    Thai,
    Windows1251,

    /// <summary>JIS X 0201 (ISO IR 13 and 14); read as Shift-JIS, of which it is a subset.</summary>
    JisX0201,
    JisX0208,
    JisX0212,
    KsX1001,
    Gb2312,
    Utf8,
    Gb18030,
    Gbk,
}
