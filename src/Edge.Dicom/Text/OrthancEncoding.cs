namespace Edge.Dicom.Text;

/// <summary>Orthanc's encodings, as <c>DefaultEncoding</c> and <c>/tools/default-encoding</c> name them.</summary>
public enum OrthancEncoding
{
    Ascii,
    Utf8,
    Latin1,
    Latin2,
    Latin3,
    Latin4,
    Latin5,
    Cyrillic,
    Windows1251,
    Arabic,
    Greek,
    Hebrew,
    Thai,
    Japanese,
    JapaneseKanji,
    Korean,
    SimplifiedChinese,
    Chinese,
}
